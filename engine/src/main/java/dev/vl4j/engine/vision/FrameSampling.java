package dev.vl4j.engine.vision;

import dev.vl4j.engine.InvalidRequestException;
import dev.vl4j.engine.VideoRules;
import dev.vl4j.engine.VideoSampling;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;

/**
 * Which frames of a video the model sees, and the times that its prompt says of them: the
 * arithmetic of qwen-vl-utils, transformers and vLLM, with their rounding.
 */
final class FrameSampling {
  private static final int EVEN = VideoSettings.PATCH_FRAMES;

  // What Qwen's own scripts pass to qwen-vl-utils, and its own least number.
  private static final double OFFICIAL_RATE = 1;
  private static final int OFFICIAL_MOST = 64;
  private static final int OFFICIAL_LEAST = 4;

  private static final int VLLM_MOST = 32;

  /** The rate of frames that come without one. */
  private static final double LISTED_RATE = 2;

  private static final double LISTED_RATE_OF_TRANSFORMERS = 24;

  private final VideoSettings settings;

  FrameSampling(VideoSettings settings) {
    this.settings = settings;
  }

  /**
   * What is seen of a video.
   *
   * @param frames their indices, ascending, an even number unless the last is to be repeated
   * @param times of the frames as the prompt has them, in seconds
   */
  @SuppressWarnings("ArrayRecordComponent") // handed through once, never compared
  record Chosen(long[] frames, double[] times) {
    /** What stands before each pair of frames: the middle of their times, {@code 0.5} for 0.5 s. */
    List<String> timestamps() {
      List<String> words = new ArrayList<>();
      for (int i = 0; i < times.length; i += EVEN) {
        double last = times[Math.min(i + 1, times.length - 1)];
        // Python's .1f, which rounds the exact binary value, halves to even.
        words.add(
            new BigDecimal((times[i] + last) / 2).setScale(1, RoundingMode.HALF_EVEN).toString());
      }
      return words;
    }
  }

  /**
   * The frames of a file.
   *
   * @param total how many there are
   * @param rate of the file, in frames a second
   * @throws InvalidRequestException if none can be chosen
   */
  Chosen ofFile(long total, double rate, VideoSampling sampling) {
    if (total < EVEN) {
      throw new InvalidRequestException(
          "the video has %d frames, and a video takes two at least".formatted(total));
    }
    if (!(rate > 0) || Double.isInfinite(rate)) {
      throw new InvalidRequestException(
          "the video has no rate of frames, which their times are made of");
    }
    long start = 0;
    long end = total - 1;
    if (sampling.startSeconds() > 0 || !Double.isInfinite(sampling.endSeconds())) {
      double duration = (double) total / rate;
      start = (long) Math.ceil(Math.min(sampling.startSeconds(), duration) * rate);
      end =
          Math.min((long) Math.floor(Math.min(sampling.endSeconds(), duration) * rate), total - 1);
      if (start >= end) {
        throw new InvalidRequestException(
            "no two frames lie between %s and %s seconds; the video has %d frames in %.3f seconds"
                .formatted(sampling.startSeconds(), sampling.endSeconds(), total, duration));
      }
    }
    long[] frames = chosen(start, end, rate, sampling);
    return new Chosen(frames, timesOf(frames, rate));
  }

  private static double[] timesOf(long[] frames, double rate) {
    return Arrays.stream(frames).mapToDouble(frame -> (double) frame / rate).toArray();
  }

  private long[] chosen(long start, long end, double rate, VideoSampling sampling) {
    long count = end - start + 1;
    return switch (settings.rules()) {
      case OFFICIAL -> torchLinspace(start, end, official(count, rate, sampling));
      case TRANSFORMERS -> shifted(transformers(count, rate, sampling), start);
      case VLLM -> shifted(vllm(count, rate, sampling), start);
    };
  }

  private static int official(long count, double rate, VideoSampling sampling) {
    double wanted = (double) count / rate * orElse(sampling.framesPerSecond(), OFFICIAL_RATE);
    int most = orElse(sampling.maxFrames(), OFFICIAL_MOST) / EVEN * EVEN;
    double kept = Math.min(Math.min(Math.max(wanted, OFFICIAL_LEAST), most), (double) count);
    return (int) Math.floor(kept / EVEN) * EVEN;
  }

  private long[] transformers(long count, double rate, VideoSampling sampling) {
    double wanted =
        (double) count / rate * orElse(sampling.framesPerSecond(), settings.framesPerSecond());
    int most = orElse(sampling.maxFrames(), settings.maxFrames());
    long frames = Math.min(Math.min(Math.max((long) wanted, settings.minFrames()), most), count);
    return Arrays.stream(linspace(count - 1, requireTwo(frames)))
        .mapToLong(at -> (long) Math.rint(at))
        .toArray();
  }

  private long[] vllm(long count, double rate, VideoSampling sampling) {
    long most = orElse(sampling.maxFrames(), VLLM_MOST);
    long frames = Math.min(most, count);
    if (sampling.framesPerSecond() > 0) {
      frames =
          Math.min(frames, (long) Math.floor((double) count / rate * sampling.framesPerSecond()));
    }
    if (frames == count) {
      return transformers(count, rate, VideoSampling.DEFAULT);
    }
    return truncated(count - 1, requireTwo(Math.max(frames, 1)));
  }

  private static int requireTwo(long frames) {
    if (frames < EVEN) {
      throw new InvalidRequestException(
          "the sampling leaves one frame of the video, which takes two at least");
    }
    return (int) frames;
  }

  /**
   * The frames of a list.
   *
   * @param count how many there are
   * @param given rate at which they were taken; 0 for the rules' own
   */
  Chosen ofList(int count, double given, VideoSampling sampling) {
    boolean transformers = settings.rules() == VideoRules.TRANSFORMERS;
    if (transformers && count < EVEN) {
      throw new InvalidRequestException("the video has one frame, and takes two at least");
    }
    double rate = orElse(given, transformers ? LISTED_RATE_OF_TRANSFORMERS : LISTED_RATE);
    int most = sampling.maxFrames();
    if (most == 0 && settings.rules() == VideoRules.OFFICIAL) {
      most = OFFICIAL_MOST;
    }
    long[] frames =
        most > 0 && count > most
            ? truncated(count - 1, most)
            : LongStream.range(0, count).toArray();
    // With Qwen's scripts, a last frame that is repeated is a frame of its own, with the next time.
    int shown = frames.length + (transformers ? 0 : frames.length % EVEN);
    double[] times = new double[shown];
    for (int i = 0; i < shown; i++) {
      times[i] = i / rate;
    }
    return new Chosen(frames, times);
  }

  private static double orElse(double wanted, double otherwise) {
    return wanted == 0 ? otherwise : wanted;
  }

  private static int orElse(int wanted, int otherwise) {
    return wanted == 0 ? otherwise : wanted;
  }

  private static long[] shifted(long[] frames, long by) {
    for (int i = 0; i < frames.length; i++) {
      frames[i] += by;
    }
    return frames;
  }

  /** {@code numpy.linspace(0, end, count)}. */
  private static double[] linspace(long end, int count) {
    double[] values = new double[count];
    double step = (double) end / (count - 1);
    for (int i = 0; i < count; i++) {
      values[i] = i * step;
    }
    values[count - 1] = (double) end;
    return values;
  }

  /** {@code numpy.linspace(0, end, count, dtype=int)}. */
  private static long[] truncated(long end, int count) {
    return Arrays.stream(linspace(end, count)).mapToLong(at -> (long) Math.floor(at)).toArray();
  }

  /** {@code torch.linspace(start, end, count).round()}, which is in float32. */
  private static long[] torchLinspace(long start, long end, int count) {
    float from = (float) start;
    float to = (float) end;
    float step = (to - from) / (count - 1);
    long[] values = new long[count];
    for (int i = 0; i < count; i++) {
      float at = i < count / 2 ? from + step * i : to - step * (count - i - 1);
      values[i] = (long) Math.rint(at);
    }
    return values;
  }
}
