package dev.vl4j.media.ffmpeg;

import static org.bytedeco.ffmpeg.global.avutil.AVCOL_PRI_UNSPECIFIED;
import static org.bytedeco.ffmpeg.global.avutil.AVCOL_TRC_UNSPECIFIED;
import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_RGB24;
import static org.bytedeco.ffmpeg.global.avutil.av_frame_alloc;
import static org.bytedeco.ffmpeg.global.avutil.av_frame_copy_props;
import static org.bytedeco.ffmpeg.global.avutil.av_frame_free;
import static org.bytedeco.ffmpeg.global.avutil.av_frame_get_buffer;
import static org.bytedeco.ffmpeg.global.swscale.SWS_BILINEAR;
import static org.bytedeco.ffmpeg.global.swscale.sws_alloc_context;
import static org.bytedeco.ffmpeg.global.swscale.sws_free_context;
import static org.bytedeco.ffmpeg.global.swscale.sws_scale_frame;

import dev.vl4j.engine.media.MediaException;
import dev.vl4j.engine.media.MediaWork;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.swscale.SwsContext;
import org.bytedeco.javacpp.BytePointer;

/**
 * Frames in red, green and blue, as PyAV's {@code to_ndarray(format="rgb24")} makes them: swscale
 * with bilinear chroma, in the frame's own color space, without a conversion of transfer curves.
 */
final class Pixels implements AutoCloseable {
  private static final int ALIGNMENT = 16;

  private final MediaWork work;
  private final SwsContext scaler = sws_alloc_context();
  private final int width;
  private final int height;
  private final int quarterTurns;
  private final long reserved;
  private final byte[] samples;
  private final byte[] turned;

  /**
   * @param width of a frame as it is coded
   * @param height likewise
   * @param quarterTurns counterclockwise
   */
  Pixels(int width, int height, int quarterTurns, MediaWork work) {
    this.width = width;
    this.height = height;
    this.quarterTurns = quarterTurns;
    this.work = work;
    long bytes = 3L * width * height;
    // In FFmpeg's memory, here, and upright.
    reserved = bytes * (quarterTurns == 0 ? 2 : 3);
    work.reserve(reserved);
    samples = new byte[Math.toIntExact(bytes)];
    turned = quarterTurns == 0 ? samples : new byte[samples.length];
    scaler.flags(SWS_BILINEAR);
    scaler.threads(1);
  }

  /** {@code [height][width][3]}, upright; overwritten by the next call. */
  byte[] of(AVFrame frame) throws MediaException {
    AVFrame rgb = av_frame_alloc();
    try {
      frame.color_trc(AVCOL_TRC_UNSPECIFIED);
      frame.color_primaries(AVCOL_PRI_UNSPECIFIED);
      int status = av_frame_copy_props(rgb, frame);
      rgb.format(AV_PIX_FMT_RGB24);
      rgb.width(width);
      rgb.height(height);
      if (status >= 0) {
        status = av_frame_get_buffer(rgb, ALIGNMENT);
      }
      if (status >= 0) {
        status = sws_scale_frame(scaler, rgb, frame);
      }
      if (status < 0) {
        throw new MediaException("its kind of color is not converted");
      }
      copyRows(rgb);
    } finally {
      av_frame_free(rgb);
    }
    if (quarterTurns != 0) {
      turn();
    }
    return turned;
  }

  private void copyRows(AVFrame rgb) {
    BytePointer plane = rgb.data(0);
    long stride = rgb.linesize(0);
    for (int y = 0; y < height; y++) {
      work.check();
      plane.position(y * stride).get(samples, y * 3 * width, 3 * width);
    }
  }

  private void turn() {
    boolean sideways = quarterTurns != 2;
    int columns = sideways ? height : width;
    for (int y = 0; y < height; y++) {
      work.check();
      for (int x = 0; x < width; x++) {
        int row =
            switch (quarterTurns) {
              case 1 -> width - 1 - x;
              case 2 -> height - 1 - y;
              default -> x;
            };
        int column =
            switch (quarterTurns) {
              case 1 -> y;
              case 2 -> width - 1 - x;
              default -> height - 1 - y;
            };
        System.arraycopy(samples, 3 * (y * width + x), turned, 3 * (row * columns + column), 3);
      }
    }
  }

  @Override
  public void close() {
    sws_free_context(scaler);
    work.release(reserved);
  }
}
