package dev.vl4j.engine.vision;

/**
 * A decoded image.
 *
 * @param width in pixels, at least 1
 * @param height in pixels, at least 1
 * @param samples {@code [height][width][3]}, red, green and blue interleaved, one unsigned byte
 *     each
 */
@SuppressWarnings("ArrayRecordComponent") // handed through once, never compared
public record RgbImage(int width, int height, byte[] samples) {
  static final int CHANNELS = 3;

  public RgbImage {
    if (width < 1 || height < 1 || samples.length != 3L * width * height) {
      throw new IllegalArgumentException(
          width + " x " + height + " pixels do not fit " + samples.length + " samples");
    }
  }
}
