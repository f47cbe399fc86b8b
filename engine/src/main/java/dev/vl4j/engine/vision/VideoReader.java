package dev.vl4j.engine.vision;

import dev.vl4j.engine.ImageRules;
import dev.vl4j.engine.ImageSource;
import dev.vl4j.engine.InvalidRequestException;
import dev.vl4j.engine.OverloadedException;
import dev.vl4j.engine.VideoRules;
import dev.vl4j.engine.VideoSampling;
import dev.vl4j.engine.VideoSource;
import dev.vl4j.engine.limits.WorkGuard;
import dev.vl4j.engine.media.MediaException;
import dev.vl4j.engine.media.OpenVideo;
import dev.vl4j.engine.media.VideoDecoder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * From videos to the frames that the model sees, in the sizes that it sees them in. Frames of files
 * are resized as they are decoded, so that memory has no more than one frame besides the results.
 * For many threads.
 */
final class VideoReader {
  private final VideoSettings settings;
  private final FrameSampling sampler;
  private final ImageRules imageRules;
  private final Supplier<Optional<VideoDecoder>> decoder;
  private final TorchResize resize;

  /**
   * @param imageRules for frames that are given one by one
   * @param decoder of files, if there is one
   */
  VideoReader(
      VideoSettings settings, ImageRules imageRules, Supplier<Optional<VideoDecoder>> decoder) {
    this.settings = settings;
    this.imageRules = imageRules;
    this.decoder = decoder;
    sampler = new FrameSampling(settings);
    resize = settings.rules() == VideoRules.OFFICIAL ? TorchResize.FLOATS : TorchResize.BYTES;
  }

  /**
   * What is seen of a video. The samples of its frames stay reserved in the guard.
   *
   * @param frames all of one size, an even number; the last may stand there twice
   * @param timestamps of each two frames
   * @param sourcePixels of all frames as they were decoded
   */
  record Read(List<RgbImage> frames, List<String> timestamps, long sourcePixels) {}

  /**
   * Reads a video.
   *
   * @throws InvalidRequestException if it cannot be read, or no frames can be chosen
   * @throws OverloadedException if there is no memory for it now
   */
  Read read(VideoSource source, VideoSampling sampling, WorkGuard guard) {
    return named(
        source,
        () ->
            source instanceof VideoSource.Frames list
                ? listed(list, sampling, guard)
                : decoded(open(source, decoder.get(), guard), sampling, guard));
  }

  /** Work on a video, whose failures say which one it is. */
  static <T> T named(VideoSource source, NamedMedia.Work<T> work) {
    return NamedMedia.of(source.name(), "read the video", "decode the video", work);
  }

  /**
   * Opens a video that is a file.
   *
   * @throws InvalidRequestException if there is no decoder
   */
  static OpenVideo open(VideoSource source, Optional<VideoDecoder> decoder, WorkGuard guard)
      throws MediaException {
    return switch (source) {
      case VideoSource.File(Path path) -> {
        requireReadable(path);
        yield there(decoder).open(path, guard);
      }
      case VideoSource.Encoded file -> there(decoder).open(file.bytes(), guard);
      case VideoSource.Frames list -> throw new IllegalArgumentException("no file: " + list.name());
    };
  }

  private static VideoDecoder there(Optional<VideoDecoder> decoder) {
    return decoder.orElseThrow(() ->
        new InvalidRequestException(
            "no library that decodes videos is there; add dev.vl4j:vl4j-ffmpeg, or give the"
                + " video as a list of its frames"));
  }

  private static void requireReadable(Path file) throws MediaException {
    if (!Files.exists(file)) {
      throw new MediaException("no such file");
    }
    if (!Files.isRegularFile(file)) { // a pipe or a device may have no end
      throw new MediaException("it is no regular file");
    }
  }

  private Read decoded(OpenVideo opened, VideoSampling sampling, WorkGuard guard)
      throws MediaException {
    try (OpenVideo video = opened) {
      int height = video.height();
      int width = video.width();
      FrameSampling.Chosen chosen =
          sampler.ofFile(video.frames(), video.framesPerSecond(), sampling);
      long[] wanted = chosen.frames();
      SmartResize.Size size = FrameSizes.of(settings, wanted.length, height, width, false);
      RgbImage[] frames = new RgbImage[wanted.length];
      video.read(
          wanted,
          (frame, samples) -> {
            guard.check();
            RgbImage small =
                resize.resize(
                    new RgbImage(width, height, samples), size.width(), size.height(), guard);
            if (size.width() == width && size.height() == height) {
              small = new RgbImage(width, height, samples.clone()); // the next frame overwrites it
            }
            for (int i = 0; i < wanted.length; i++) { // the same frame may be wanted again
              if (wanted[i] == frame) {
                frames[i] = small;
              }
            }
          });
      return new Read(
          even(List.of(frames)), chosen.timestamps(), (long) wanted.length * width * height);
    }
  }

  private Read listed(VideoSource.Frames list, VideoSampling sampling, WorkGuard guard) {
    FrameSampling.Chosen chosen =
        sampler.ofList(list.frames().size(), list.framesPerSecond(), sampling);
    boolean official = settings.rules() == VideoRules.OFFICIAL;
    int count = chosen.frames().length;
    List<RgbImage> frames = new ArrayList<>();
    long sourcePixels = 0;
    int height = 0;
    int width = 0;
    for (long index : chosen.frames()) {
      guard.check();
      ImageSource source = list.frames().get((int) index);
      ImageDecoder.Resized decoded =
          ImageDecoder.decode(
              source,
              imageRules,
              (h, w) ->
                  official
                      ? FrameSizes.listed(settings.factor(), h, w)
                      : new SmartResize.Size(h, w),
              guard);
      RgbImage image = decoded.image();
      sourcePixels += decoded.sourcePixels();
      if (frames.isEmpty()) {
        height = image.height();
        width = image.width();
      } else if (image.height() != height || image.width() != width) {
        throw new InvalidRequestException(
            "frame %d has %d x %d pixels, frame %d has %d x %d; all frames need one size"
                .formatted(
                    chosen.frames()[0], width, height, index, image.width(), image.height()));
      }
      frames.add(image);
    }
    SmartResize.Size size = FrameSizes.of(settings, count, height, width, true);
    for (int i = 0; i < count; i++) {
      RgbImage image = frames.get(i);
      frames.set(i, resize.resize(image, size.width(), size.height(), guard));
      guard.release(image.samples().length);
    }
    return new Read(even(frames), chosen.timestamps(), sourcePixels);
  }

  private static List<RgbImage> even(List<RgbImage> frames) {
    if (frames.size() % VideoSettings.PATCH_FRAMES == 0) {
      return frames;
    }
    List<RgbImage> even = new ArrayList<>(frames);
    even.add(frames.getLast());
    return even;
  }
}
