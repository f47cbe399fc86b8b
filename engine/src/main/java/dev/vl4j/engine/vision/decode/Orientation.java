package dev.vl4j.engine.vision.decode;

/** Turns images as Pillow's {@code ImageOps.exif_transpose} does. */
public final class Orientation {
  private Orientation() {}

  /** Whether width and height change places. */
  public static boolean swapsSides(int orientation) {
    return orientation >= 5;
  }

  /**
   * The image that a camera meant.
   *
   * @param samples {@code [height][width][channels]}
   * @param orientation EXIF's number, 2 to 8
   * @return a new array; what was a column is a row in it if the sides are swapped
   */
  public static byte[] upright(
      byte[] samples, int width, int height, int channels, int orientation) {
    boolean swapped = swapsSides(orientation);
    int newWidth = swapped ? height : width;
    int newHeight = swapped ? width : height;
    // A step to the right and a step down in the result, as steps in the image.
    int right = swapped ? channels * width : channels;
    int down = swapped ? channels : channels * width;
    boolean fromRight =
        orientation == 2 || orientation == 3 || orientation == 6 || orientation == 7;
    boolean fromBottom =
        orientation == 3 || orientation == 4 || orientation == 7 || orientation == 8;
    int start =
        (fromRight ? (newWidth - 1) * right : 0) + (fromBottom ? (newHeight - 1) * down : 0);
    right = fromRight ? -right : right;
    down = fromBottom ? -down : down;
    byte[] out = new byte[samples.length];
    int to = 0;
    for (int y = 0; y < newHeight; y++) {
      int from = start + y * down;
      for (int x = 0; x < newWidth; x++, from += right) {
        for (int c = 0; c < channels; c++) {
          out[to++] = samples[from + c];
        }
      }
    }
    return out;
  }
}
