package dev.vl4j.engine.vision;

import dev.vl4j.engine.ImageRules;
import dev.vl4j.engine.InvalidRequestException;
import dev.vl4j.engine.OverloadedException;
import dev.vl4j.engine.VideoSource;
import dev.vl4j.engine.limits.WorkGuard;
import dev.vl4j.engine.media.MediaException;
import dev.vl4j.engine.media.MediaLibraries;
import dev.vl4j.engine.media.OpenVideo;
import dev.vl4j.engine.vision.decode.BrokenImageException;
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
    return VideoReader.named(
        source,
        () ->
            source instanceof VideoSource.Frames list
                ? ImageDecoder.decodeWithin(
                    list.frames().get(list.frames().size() / PART),
                    ImageRules.OFFICIAL,
                    side,
                    guard)
                : of(VideoReader.open(source, MediaLibraries.videoDecoder(), guard), side, guard));
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
    } catch (BrokenImageException e) {
      throw new IllegalStateException(e); // of rows in memory
    }
  }
}
