package dev.vl4j.engine.vision;

import dev.vl4j.engine.ImageSource;
import dev.vl4j.engine.InvalidRequestException;
import dev.vl4j.engine.limits.WorkGuard;

/**
 * An image that is read and decoded again when its patches are needed.
 *
 * @param key of the image as it was read first
 */
record RereadImage(ImageSource source, ImagePreprocessor preprocessor, ImageKey key)
    implements PromptImage.Remake {
  /** What may be decoded while others wait for a forward: some 50 ms of work, in 50 MB. */
  static final long MOST_PIXELS = 4 << 20;

  static final long MOST_BYTES = 4 << 20;

  @Override
  public ImagePatches patches(Runnable check) {
    WorkGuard guard = new Later(check);
    RgbImage image = preprocessor.resize(ImageFiles.read(source, MOST_BYTES, guard), guard).image();
    if (!ImageKey.of(image).equals(key)) {
      throw new InvalidRequestException(source.name() + ": changed while it was being read");
    }
    return preprocessor.patches(image);
  }

  /** Few such images are read at a time, so their memory needs no budget. */
  private record Later(Runnable stop) implements WorkGuard {
    @Override
    public void check() {
      stop.run();
    }

    @Override
    public void reserve(long bytes) {}

    @Override
    public void release(long bytes) {}

    @Override
    public long maxPixels() {
      return MOST_PIXELS;
    }
  }
}
