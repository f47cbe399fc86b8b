package dev.vl4j.engine.vision;

/** Turns images as Pillow's {@code ImageOps.exif_transpose} does. */
final class Orientation {
  private Orientation() {}

  /** Whether width and height change places. */
  static boolean swapsSides(int orientation) {
    return orientation >= 5;
  }

  /**
   * The image that a camera meant.
   *
   * @param orientation EXIF's number, 1 to 8
   */
  static RgbImage upright(RgbImage image, int orientation) {
    if (orientation == 1) {
      return image;
    }
    boolean swapped = swapsSides(orientation);
    int width = swapped ? image.height() : image.width();
    int height = swapped ? image.width() : image.height();
    byte[] in = image.samples();
    byte[] out = new byte[in.length];
    // A step to the right and a step down in the result, as steps in the image.
    int right = swapped ? 3 * image.width() : 3;
    int down = swapped ? 3 : 3 * image.width();
    boolean fromRight =
        orientation == 2 || orientation == 3 || orientation == 6 || orientation == 7;
    boolean fromBottom =
        orientation == 3 || orientation == 4 || orientation == 7 || orientation == 8;
    int start = (fromRight ? (width - 1) * right : 0) + (fromBottom ? (height - 1) * down : 0);
    right = fromRight ? -right : right;
    down = fromBottom ? -down : down;
    int to = 0;
    for (int y = 0; y < height; y++) {
      int from = start + y * down;
      for (int x = 0; x < width; x++, from += right, to += 3) {
        out[to] = in[from];
        out[to + 1] = in[from + 1];
        out[to + 2] = in[from + 2];
      }
    }
    return new RgbImage(width, height, out);
  }
}
