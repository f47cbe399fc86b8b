package dev.vl4j.engine.vision;

import dev.vl4j.engine.ImageRules;
import dev.vl4j.engine.InvalidRequestException;
import dev.vl4j.engine.OverloadedException;
import dev.vl4j.engine.VideoRules;
import dev.vl4j.engine.VideoSampling;
import dev.vl4j.engine.VideoSource;
import dev.vl4j.engine.limits.WorkGuard;
import dev.vl4j.engine.media.MediaLibraries;
import dev.vl4j.engine.media.VideoDecoder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * From a video to the patches that the vision tower reads.
 *
 * <p>Every value is bitwise that of Hugging Face's {@code Qwen3VLVideoProcessor}, which rescales
 * and normalizes in one step in float.
 */
public final class VideoPreprocessor {
  private static final int CHANNELS = RgbImage.CHANNELS;

  private final VideoSettings settings;
  private final VideoReader reader;
  private final float[][] normalized = new float[CHANNELS][256]; // by sample

  /**
   * @param imageRules for frames that are given one by one
   */
  public VideoPreprocessor(VideoSettings settings, ImageRules imageRules) {
    this(settings, imageRules, MediaLibraries::videoDecoder);
  }

  VideoPreprocessor(
      VideoSettings settings, ImageRules imageRules, Supplier<Optional<VideoDecoder>> decoder) {
    this.settings = settings;
    reader = new VideoReader(settings, imageRules, decoder);
    for (int c = 0; c < CHANNELS; c++) {
      float mean = settings.mean()[c] * 255;
      float std = settings.std()[c] * 255;
      for (int sample = 0; sample < 256; sample++) {
        normalized[c][sample] = (sample - mean) / std;
      }
    }
  }

  /**
   * A video as the tower reads it.
   *
   * @param keys of the slices
   * @param slices two frames each, all of one size
   * @param timestamps of the slices in seconds, as the prompt writes them
   * @param sourcePixels of all frames as they were decoded
   */
  record Slices(
      List<ImageKey> keys,
      List<ImagePatches.Pair> slices,
      List<String> timestamps,
      long sourcePixels) {
    PromptVideo prompt(int mergeSize) {
      List<PromptImage> images = new ArrayList<>();
      for (int i = 0; i < slices.size(); i++) {
        images.add(PromptImage.kept(keys.get(i), slices.get(i), mergeSize));
      }
      return new PromptVideo(images, timestamps);
    }
  }

  /** Whether the times of slices are encoded on their own, as vLLM does it. */
  public boolean timesApart() {
    return settings.rules() == VideoRules.VLLM;
  }

  /** Side of the block of patches that becomes one token. */
  int mergeSize() {
    return settings.mergeSize();
  }

  /**
   * Decodes, resizes and cuts a video. The patches stay reserved in the guard.
   *
   * @throws InvalidRequestException if it cannot be read, or no frames can be chosen
   * @throws OverloadedException if there is no memory for it now
   */
  Slices slices(VideoSource source, VideoSampling sampling, WorkGuard guard) {
    VideoReader.Read read = reader.read(source, sampling, guard);
    List<ImageKey> keys = new ArrayList<>();
    List<ImagePatches.Pair> slices = new ArrayList<>();
    for (int i = 0; i < read.frames().size(); i += VideoSettings.PATCH_FRAMES) {
      guard.check();
      RgbImage first = read.frames().get(i);
      RgbImage second = read.frames().get(i + 1);
      keys.add(ImageKey.of(first, second));
      slices.add(new ImagePatches.Pair(patches(first), patches(second)));
    }
    return new Slices(keys, slices, read.timestamps(), read.sourcePixels());
  }

  /**
   * What the prompt and the tower are given of a video, within no bounds; for tests and benches.
   */
  public PromptVideo preprocess(VideoSource source, VideoSampling sampling) {
    return slices(source, sampling, WorkGuard.UNBOUNDED).prompt(settings.mergeSize());
  }

  private ImagePatches.Samples patches(RgbImage frame) {
    return Patches.of(frame, settings.patchSize(), settings.mergeSize(), normalized);
  }
}
