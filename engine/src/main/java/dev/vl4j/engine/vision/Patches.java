package dev.vl4j.engine.vision;

/** Cuts pictures into patches. */
final class Patches {
  private static final int CHANNELS = RgbImage.CHANNELS;

  private Patches() {}

  /**
   * The patches of a resized picture.
   *
   * @param image whose sides are multiples of the merge blocks
   * @param patchSize side of a patch, in pixels
   * @param mergeSize side of the block of patches that becomes one token
   * @param normalized [3][256], the value of each sample by color
   */
  static ImagePatches.Samples of(
      RgbImage image, int patchSize, int mergeSize, float[][] normalized) {
    int gridHeight = image.height() / patchSize;
    int gridWidth = image.width() / patchSize;
    int patchValues = CHANNELS * patchSize * patchSize;
    int patchCount = Math.multiplyExact(gridHeight, gridWidth);
    byte[] patches = new byte[Math.multiplyExact(patchCount, patchValues)];
    int to = 0;
    for (int blockRow = 0; blockRow < gridHeight; blockRow += mergeSize) {
      for (int blockColumn = 0; blockColumn < gridWidth; blockColumn += mergeSize) {
        for (int row = blockRow; row < blockRow + mergeSize; row++) {
          for (int column = blockColumn; column < blockColumn + mergeSize; column++) {
            write(image, row * patchSize, column * patchSize, patchSize, patches, to);
            to += patchValues;
          }
        }
      }
    }
    return new ImagePatches.Samples(patches, normalized, gridHeight, gridWidth);
  }

  private static void write(
      RgbImage image, int top, int left, int patchSize, byte[] patches, int start) {
    byte[] samples = image.samples();
    int to = start;
    for (int c = 0; c < CHANNELS; c++) {
      for (int y = top; y < top + patchSize; y++) {
        int from = CHANNELS * (y * image.width() + left) + c;
        for (int x = 0; x < patchSize; x++, from += CHANNELS) {
          patches[to++] = samples[from];
        }
      }
    }
  }
}
