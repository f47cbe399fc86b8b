package dev.vl4j.engine.vision;

import dev.vl4j.engine.ImageSource;
import dev.vl4j.engine.InvalidRequestException;
import dev.vl4j.engine.limits.WorkGuard;
import org.jspecify.annotations.Nullable;

/**
 * A distinct image of a request. Its key and grid are known from the start; its pixels are kept
 * only where the request leaves room or where they took long, and read again otherwise. Its
 * patches, several times larger, are made when they are taken.
 */
public final class Picture {
  /** What may be decoded while others wait for a forward: some 50 ms of work, in 50 MB. */
  static final long MOST_PIXELS_LATER = 4 << 20;

  static final long MOST_BYTES_LATER = 4 << 20;

  private final ImageSource source;
  private final ImagePreprocessor preprocessor;
  private final ImageKey key;
  private final int gridHeight;
  private final int gridWidth;
  private final @Nullable RgbImage pixels;

  Picture(
      ImageSource source,
      ImagePreprocessor preprocessor,
      ImageKey key,
      int gridHeight,
      int gridWidth,
      @Nullable RgbImage pixels) {
    this.source = source;
    this.preprocessor = preprocessor;
    this.key = key;
    this.gridHeight = gridHeight;
    this.gridWidth = gridWidth;
    this.pixels = pixels;
  }

  /** What tells it apart from other pictures. */
  public ImageKey key() {
    return key;
  }

  /** Patches before merging. */
  public int patches() {
    return gridHeight * gridWidth;
  }

  /** Tokens that it takes in a prompt. */
  public int tokens() {
    int[] grid = tokenGrid();
    return grid[0] * grid[1];
  }

  /** {@code {height, width}} in tokens. */
  public int[] tokenGrid() {
    int merge = preprocessor.mergeSize();
    return new int[] {gridHeight / merge, gridWidth / merge};
  }

  /**
   * Its patches.
   *
   * @param check stops the work by what it throws
   * @throws InvalidRequestException if it has to be read again and has changed
   */
  public ImagePatches take(Runnable check) {
    RgbImage image = pixels;
    if (image == null) {
      WorkGuard guard = new Later(check);
      image = preprocessor.resize(ImageFiles.read(source, MOST_BYTES_LATER, guard), guard).image();
      if (!ImageKey.of(image).equals(key)) {
        throw new InvalidRequestException(source.name() + ": changed while it was being read");
      }
    }
    return preprocessor.patches(image);
  }

  /** One such picture at a time is read, so its memory needs no budget. */
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
      return MOST_PIXELS_LATER;
    }
  }
}
