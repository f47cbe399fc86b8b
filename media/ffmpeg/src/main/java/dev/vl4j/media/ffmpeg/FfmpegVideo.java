package dev.vl4j.media.ffmpeg;

import dev.vl4j.engine.media.MediaException;
import dev.vl4j.engine.media.MediaWork;
import dev.vl4j.engine.media.OpenVideo;
import org.bytedeco.ffmpeg.avformat.AVStream;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.avutil.AVRational;

/**
 * A video file. It is decoded once to count its frames, since what containers say of their number
 * may be wrong, and again as far as frames are wanted.
 */
final class FfmpegVideo implements OpenVideo {
  /** A day at 46 frames a second. A small file can show one packet any number of times. */
  private static final long MOST_FRAMES = 4_000_000;

  private final Source source;
  private final MediaWork work;
  private int width;
  private int height;
  private int quarterTurns;
  private double framesPerSecond;
  private long frames;

  /** Takes the source, and closes it, if only by {@link #close}. */
  FfmpegVideo(Source source, MediaWork work) throws MediaException {
    this.source = source;
    this.work = work;
    boolean counted = false;
    try {
      count();
      counted = true;
    } finally {
      if (!counted) {
        close();
      }
    }
  }

  private void count() throws MediaException {
    try (Pass pass = new Pass(source, work)) {
      quarterTurns = pass.quarterTurns();
      AVStream stream = pass.video();
      double rate = rate(stream.avg_frame_rate());
      framesPerSecond = rate > 0 ? rate : rate(stream.r_frame_rate());
      while (pass.next()) {
        requireSize(pass.frame());
        if (++frames > MOST_FRAMES) {
          throw new MediaException("it has more than %d frames".formatted(MOST_FRAMES));
        }
      }
    }
    if (frames == 0) {
      throw new MediaException("there is no frame in it");
    }
    if (!(framesPerSecond > 0) || Double.isInfinite(framesPerSecond)) {
      throw new MediaException("it does not say how fast its frames are shown");
    }
  }

  private static double rate(AVRational rate) {
    return rate.den() == 0 ? 0 : (double) rate.num() / rate.den();
  }

  private void requireSize(AVFrame frame) throws MediaException {
    if (frames == 0) {
      width = frame.width();
      height = frame.height();
    } else if (frame.width() != width || frame.height() != height) {
      throw new MediaException(
          "frame %d is %d x %d pixels, and those before it are %d x %d"
              .formatted(frames, frame.width(), frame.height(), width, height));
    }
  }

  @Override
  public int width() {
    return quarterTurns % 2 == 0 ? width : height;
  }

  @Override
  public int height() {
    return quarterTurns % 2 == 0 ? height : width;
  }

  @Override
  public long frames() {
    return frames;
  }

  @Override
  public double framesPerSecond() {
    return framesPerSecond;
  }

  @Override
  public void read(long[] wanted, FrameSink sink) throws MediaException {
    for (long frame : wanted) {
      if (frame < 0 || frame >= frames) {
        throw new MediaException(
            "it has %d frames, and none of number %d".formatted(frames, frame));
      }
    }
    if (wanted.length == 0) {
      return;
    }
    try (Pass pass = new Pass(source, work);
        Pixels pixels = new Pixels(width, height, quarterTurns, work)) {
      long next = 0;
      for (long frame : wanted) {
        if (frame < next) {
          continue; // given already
        }
        for (; next <= frame; next++) {
          if (!pass.next()) {
            throw new MediaException("it has changed while it was read");
          }
        }
        if (pass.frame().width() != width || pass.frame().height() != height) {
          throw new MediaException("it has changed while it was read");
        }
        sink.accept(frame, pixels.of(pass.frame()));
      }
    }
  }

  @Override
  public void close() {
    source.close();
    work.close();
  }
}
