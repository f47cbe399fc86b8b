package dev.vl4j.engine.model;

import dev.vl4j.engine.ImageSource;
import dev.vl4j.engine.InvalidRequestException;
import dev.vl4j.engine.vision.ImagePatches;
import dev.vl4j.engine.vision.ImagePreprocessor;
import org.jspecify.annotations.Nullable;

/**
 * A distinct image of one request. Its grid is known as soon as it has been read once; its patches,
 * which are many times larger than the file, are kept only where the request leaves room, and made
 * again otherwise.
 */
public final class Picture {
  private final ImageSource source;
  private final ImagePreprocessor preprocessor;
  private final int gridHeight;
  private final int gridWidth;
  private @Nullable ImagePatches patches;

  /**
   * Reads an image.
   *
   * @param keep whether to hold its patches until they are taken
   * @throws InvalidRequestException if it cannot be read
   */
  public Picture(ImageSource source, ImagePreprocessor preprocessor, boolean keep) {
    this.source = source;
    this.preprocessor = preprocessor;
    ImagePatches read = preprocessor.preprocess(source);
    gridHeight = read.gridHeight();
    gridWidth = read.gridWidth();
    patches = keep ? read : null;
  }

  /** Patches before merging. */
  public int patches() {
    return gridHeight * gridWidth;
  }

  /** {@code {height, width}} in tokens. */
  int[] tokenGrid(int mergeSize) {
    return new int[] {gridHeight / mergeSize, gridWidth / mergeSize};
  }

  /** The patches, which this object holds no longer. */
  ImagePatches take() {
    ImagePatches taken = patches == null ? preprocessor.preprocess(source) : patches;
    patches = null;
    if (taken.gridHeight() != gridHeight || taken.gridWidth() != gridWidth) {
      throw new InvalidRequestException(source.name() + ": changed while it was being read");
    }
    return taken;
  }
}
