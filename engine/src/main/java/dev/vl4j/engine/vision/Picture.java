package dev.vl4j.engine.vision;

import dev.vl4j.engine.ImageSource;
import dev.vl4j.engine.InvalidRequestException;
import java.lang.ref.Reference;
import java.lang.ref.SoftReference;
import org.jspecify.annotations.Nullable;

/**
 * A distinct image of a request. Its key and grid are known from the start; its pixels are kept
 * only where the request and the heap leave room, and read again otherwise. Its patches, several
 * times larger, are made when they are taken.
 */
public final class Picture {
  private final ImageSource source;
  private final ImagePreprocessor preprocessor;
  private final ImageKey key;
  private final int gridHeight;
  private final int gridWidth;
  private final @Nullable Reference<RgbImage> pixels;

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
    // Many requests may wait with pictures; a heap that gets full takes their pixels first.
    this.pixels = pixels == null ? null : new SoftReference<>(pixels);
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
   * @throws InvalidRequestException if it has to be read again and has changed
   */
  public ImagePatches take() {
    RgbImage image = pixels == null ? null : pixels.get();
    if (image == null) {
      image = preprocessor.resize(source);
      if (!ImageKey.of(image).equals(key)) {
        throw new InvalidRequestException(source.name() + ": changed while it was being read");
      }
    }
    return preprocessor.patches(image);
  }
}
