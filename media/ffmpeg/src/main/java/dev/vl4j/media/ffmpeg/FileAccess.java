package dev.vl4j.media.ffmpeg;

import static org.bytedeco.ffmpeg.global.avcodec.avcodec_default_get_buffer2;
import static org.bytedeco.ffmpeg.global.avformat.AVSEEK_FORCE;
import static org.bytedeco.ffmpeg.global.avformat.AVSEEK_SIZE;
import static org.bytedeco.ffmpeg.global.avutil.AVERROR_EOF;
import static org.bytedeco.ffmpeg.global.avutil.AVERROR_EXIT;
import static org.bytedeco.ffmpeg.global.avutil.av_image_get_buffer_size;

import dev.vl4j.engine.media.MediaException;
import dev.vl4j.engine.media.MediaWork;
import java.io.IOException;
import java.util.HashSet;
import java.util.Set;
import org.bytedeco.ffmpeg.avcodec.AVCodecContext;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.javacpp.BytePointer;
import org.jspecify.annotations.Nullable;

/** What FFmpeg gets from outside while it decodes a file: its bytes, and memory for frames. */
final class FileAccess implements Callbacks.Listener {
  private static final int SEEK_SET = 0;
  private static final int SEEK_CUR = 1;
  private static final int SEEK_END = 2;

  private final Source source;
  private final MediaWork work;
  private long position;
  private @Nullable Throwable failure;

  /** Where frames lie that the guard has counted. FFmpeg uses them again and frees none of them. */
  private final Set<Long> frames = new HashSet<>();

  private long frameBytes = -1;

  FileAccess(Source source, MediaWork work) {
    this.source = source;
    this.work = work;
  }

  @Override
  public int read(BytePointer target, int bytes) {
    try {
      work.check();
      int count = source.read(position, target, bytes);
      if (count <= 0) {
        return AVERROR_EOF;
      }
      position += count;
      return count;
    } catch (Throwable e) {
      failure = e;
      return AVERROR_EXIT;
    }
  }

  @Override
  public long seek(long offset, int whence) {
    try {
      long length = source.length();
      long target =
          switch (whence & ~AVSEEK_FORCE) {
            case SEEK_SET -> offset;
            case SEEK_CUR -> position + offset;
            case SEEK_END -> length + offset;
            case AVSEEK_SIZE -> length;
            default -> -1;
          };
      if (target < 0) {
        return -1;
      }
      if (whence != AVSEEK_SIZE) {
        position = target;
      }
      return target;
    } catch (Throwable e) {
      failure = e;
      return AVERROR_EXIT;
    }
  }

  @Override
  public boolean interrupted() {
    try {
      work.check();
    } catch (Throwable e) {
      failure = e;
    }
    return failure != null;
  }

  @Override
  public int allocate(AVCodecContext codec, AVFrame frame, int flags) {
    try {
      // Decoders round the sides up, to 64 at most, and add some lines.
      long bytes =
          av_image_get_buffer_size(
              frame.format(), (frame.width() + 127) & ~63, (frame.height() + 127) & ~63, 1);
      if (bytes != frameBytes) {
        // Of another size, so none of the earlier ones is used again.
        frames.clear();
        frameBytes = bytes;
      }
      work.reserve(Math.max(bytes, 0));
      int status = avcodec_default_get_buffer2(codec, frame, flags);
      if (status < 0 || !frames.add(frame.data(0).address())) {
        work.release(Math.max(bytes, 0));
      }
      return status;
    } catch (Throwable e) {
      failure = e;
      return AVERROR_EXIT;
    }
  }

  /**
   * Throws what was kept from FFmpeg.
   *
   * @throws MediaException if the file could not be read
   */
  void rethrow() throws MediaException {
    switch (failure) {
      case null -> {}
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      case IOException e -> {
        work.check(); // an interrupt closes the file
        throw new MediaException("it cannot be read", e);
      }
      default -> throw new IllegalStateException(failure);
    }
  }
}
