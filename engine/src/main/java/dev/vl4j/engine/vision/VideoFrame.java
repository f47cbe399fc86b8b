package dev.vl4j.engine.vision;

import dev.vl4j.engine.ImageRules;
import dev.vl4j.engine.InvalidRequestException;
import dev.vl4j.engine.OverloadedException;
import dev.vl4j.engine.VideoSource;
import dev.vl4j.engine.limits.WorkGuard;
import dev.vl4j.engine.media.MediaException;
import dev.vl4j.engine.media.MediaLibraries;
import dev.vl4j.engine.media.OpenVideo;
import java.util.concurrent.atomic.AtomicReference;

/** One frame of a video, for people to know it by. */
public final class VideoFrame {
  /** The first frames of many videos are black. */
  private static final int PART = 10;

  private VideoFrame() {}

  /**
   * The frame after a tenth of the video, in a square, as large as it fits, but never larger than
   * it is.
   *
   * @param side of the square in pixels
   * @throws InvalidRequestException if the video cannot be read
   * @throws OverloadedException if there is no memory for it now
   */
  public static RgbImage within(VideoSource source, int side, WorkGuard guard) {
    try {
      return switch (source) {
        case VideoSource.Frames list ->
            ImageDecoder.decodeWithin(
                list.frames().get(list.frames().size() / PART), ImageRules.OFFICIAL, side, guard);
        case VideoSource.File file -> {
          VideoReader.requireReadable(file.path());
          yield of(
              VideoReader.decoder(MediaLibraries.videoDecoder()).open(file.path(), guard),
              side,
              guard);
        }
        case VideoSource.Encoded file ->
            of(
                VideoReader.decoder(MediaLibraries.videoDecoder()).open(file.bytes(), guard),
                side,
                guard);
      };
    } catch (MediaException e) {
      throw new InvalidRequestException(
          source.name() + ": cannot read the video: " + e.getMessage(), e);
    } catch (InvalidRequestException e) {
      throw new InvalidRequestException(source.name() + ": " + e.getMessage(), e);
    } catch (OutOfMemoryError e) {
      throw new OverloadedException(source.name() + ": not enough memory to decode the video now");
    }
  }

  private static RgbImage of(OpenVideo opened, int side, WorkGuard guard) throws MediaException {
    try (OpenVideo video = opened) {
      SmartResize.Size size = ImageDecoder.within(video.height(), video.width(), side);
      AtomicReference<byte[]> seen = new AtomicReference<>();
      video.read(new long[] {video.frames() / PART}, (_, samples) -> seen.set(samples.clone()));
      byte[] samples = seen.get();
      if (samples == null) {
        throw new MediaException("it has no frames");
      }
      RgbImage whole = new RgbImage(video.width(), video.height(), samples);
      return PillowResize.bicubic(PixelRows.of(whole), size.width(), size.height(), guard);
    } catch (dev.vl4j.engine.vision.decode.BrokenImageException e) {
      throw new IllegalStateException(e); // of rows in memory
    }
  }
}
