package dev.vl4j.media.ffmpeg;

import static org.bytedeco.ffmpeg.global.avcodec.AV_CODEC_ID_NONE;
import static org.bytedeco.ffmpeg.global.avcodec.AV_PKT_DATA_DISPLAYMATRIX;
import static org.bytedeco.ffmpeg.global.avcodec.av_packet_alloc;
import static org.bytedeco.ffmpeg.global.avcodec.av_packet_free;
import static org.bytedeco.ffmpeg.global.avcodec.av_packet_side_data_get;
import static org.bytedeco.ffmpeg.global.avcodec.av_packet_unref;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_alloc_context3;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_find_decoder_by_name;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_free_context;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_get_name;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_open2;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_parameters_to_context;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_receive_frame;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_send_packet;
import static org.bytedeco.ffmpeg.global.avutil.AVERROR_EAGAIN;
import static org.bytedeco.ffmpeg.global.avutil.AVERROR_EOF;
import static org.bytedeco.ffmpeg.global.avutil.av_display_rotation_get;
import static org.bytedeco.ffmpeg.global.avutil.av_frame_alloc;
import static org.bytedeco.ffmpeg.global.avutil.av_frame_free;

import dev.vl4j.engine.media.MediaException;
import dev.vl4j.engine.media.MediaWork;
import org.bytedeco.ffmpeg.avcodec.AVCodec;
import org.bytedeco.ffmpeg.avcodec.AVCodecContext;
import org.bytedeco.ffmpeg.avcodec.AVCodecParameters;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.avcodec.AVPacketSideData;
import org.bytedeco.ffmpeg.avformat.AVStream;
import org.bytedeco.ffmpeg.avutil.AVDictionary;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.javacpp.IntPointer;

/**
 * One pass over a video from its first frame on, decoded frame by frame in the order of showing.
 */
final class Pass implements AutoCloseable {
  private final FileAccess access;
  private final MediaWork work;
  private final Container container;
  private final AVCodecContext codec;
  private final AVPacket packet;
  private final AVFrame frame;
  private long decoded;

  /**
   * Opens a file and its video.
   *
   * @throws MediaException if there is no video in it that is decoded
   */
  Pass(Source source, MediaWork work) throws MediaException {
    this.work = work;
    access = new FileAccess(source, work);
    container = new Container(access, work);
    packet = av_packet_alloc();
    frame = av_frame_alloc();
    AVCodecContext opened = null;
    try {
      opened = openCodec(container.video().codecpar());
    } finally {
      if (opened == null) {
        freeBuffers();
        container.close();
      }
    }
    codec = opened;
  }

  private AVCodecContext openCodec(AVCodecParameters parameters) throws MediaException {
    String name = Formats.decoderOf(parameters.codec_id());
    AVCodec decoder = name.isEmpty() ? null : avcodec_find_decoder_by_name(name);
    if (decoder == null) {
      throw new MediaException(
          "its video is coded %s; what is decoded is %s"
              .formatted(codecInWords(parameters.codec_id()), Formats.CODECS_IN_WORDS));
    }
    AVCodecContext context = avcodec_alloc_context3(decoder);
    boolean opened = false;
    try {
      int status = avcodec_parameters_to_context(context, parameters);
      if (status >= 0) {
        context.pkt_timebase(container.video().time_base());
        context.max_pixels(work.maxPixels());
        // One thread, which is the caller's: others would not be held by its guard.
        context.thread_count(1);
        context.opaque(container.key());
        context.get_buffer2(Callbacks.GET_BUFFER);
        status = avcodec_open2(context, decoder, (AVDictionary) null);
      }
      if (status < 0) {
        throw failure("its video cannot be decoded: what it says of itself is broken");
      }
      opened = true;
      return context;
    } finally {
      if (!opened) {
        avcodec_free_context(context);
      }
    }
  }

  private static String codecInWords(int codec) {
    return codec == AV_CODEC_ID_NONE
        ? "in an unknown way"
        : "as " + avcodec_get_name(codec).getString();
  }

  /** What the file says of the video. */
  AVStream video() {
    return container.video();
  }

  /** By how many quarter turns, counterclockwise, frames are to be turned to be upright. */
  int quarterTurns() {
    AVCodecParameters parameters = video().codecpar();
    AVPacketSideData matrix =
        av_packet_side_data_get(
            parameters.coded_side_data(),
            parameters.nb_coded_side_data(),
            AV_PKT_DATA_DISPLAYMATRIX);
    if (matrix == null || matrix.isNull() || matrix.size() < 9 * Integer.BYTES) {
      return 0;
    }
    double degrees = av_display_rotation_get(new IntPointer(matrix.data()));
    return Double.isNaN(degrees) ? 0 : Math.floorMod(Math.round(degrees / 90), 4);
  }

  /**
   * Decodes the next frame.
   *
   * @return whether there is one
   * @throws MediaException if it cannot be decoded
   */
  boolean next() throws MediaException {
    while (true) {
      work.check();
      int status = avcodec_receive_frame(codec, frame);
      access.rethrow();
      if (status >= 0) {
        decoded++;
        return true;
      }
      if (status == AVERROR_EOF) {
        return false;
      }
      if (status != AVERROR_EAGAIN()) {
        throw undecodable();
      }
      sendPacket();
    }
  }

  private void sendPacket() throws MediaException {
    if (!container.read(packet)) {
      if (avcodec_send_packet(codec, null) < 0) {
        throw undecodable();
      }
      return;
    }
    try {
      // An empty packet is a frame that was dropped in recording; for FFmpeg it would be the end.
      if (packet.size() > 0 && avcodec_send_packet(codec, packet) < 0) {
        throw undecodable();
      }
    } finally {
      av_packet_unref(packet);
    }
  }

  private MediaException undecodable() throws MediaException {
    return failure("frame %d cannot be decoded".formatted(decoded));
  }

  /** The frame that {@link #next} decoded; it is overwritten by the next one. */
  AVFrame frame() {
    return frame;
  }

  private MediaException failure(String reason) throws MediaException {
    access.rethrow();
    return new MediaException(reason);
  }

  private void freeBuffers() {
    av_packet_free(packet);
    av_frame_free(frame);
  }

  @Override
  public void close() {
    freeBuffers();
    avcodec_free_context(codec);
    container.close();
  }
}
