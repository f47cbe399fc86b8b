package dev.vl4j.engine.vision.decode;

import org.jspecify.annotations.Nullable;

/**
 * An image whose samples are all in memory.
 *
 * @param width in pixels, at least 1
 * @param height in pixels, at least 1
 * @param samples {@code [height][width][mode.channels]}, one unsigned byte each; samples of other
 *     depths are already what Pillow makes of them in this mode
 * @param palette the colours of {@link Mode#P} and {@link Mode#PA}, else null
 * @param transparentColor the key colour of a PNG's tRNS chunk: one sample of {@link Mode#L} or
 *     three of {@link Mode#RGB}, in 8 bits as Pillow compares them; else null
 * @param orientation the EXIF orientation that Pillow's {@code ImageOps.exif_transpose} would
 *     apply, 1 to 8; 1 where there is none or where Pillow applies it on load
 */
@SuppressWarnings("ArrayRecordComponent") // handed through once, never compared
public record DecodedImage(
    int width,
    int height,
    Mode mode,
    byte[] samples,
    @Nullable Palette palette,
    int @Nullable [] transparentColor,
    int orientation)
    implements ImagePixels {

  /** Pillow's modes of 8 bits a sample. Deeper and other modes are converted by their decoder. */
  public enum Mode {
    /** Gray. */
    L(1),
    /** Gray, alpha. */
    LA(2),
    /** Index into the palette. */
    P(1),
    /** Index into the palette, alpha. */
    PA(2),
    RGB(3),
    RGBA(4);

    public final int channels;

    Mode(int channels) {
      this.channels = channels;
    }
  }

  /**
   * @param rgb {@code [256][3]}
   * @param alpha {@code [256]}, or null if all entries are opaque
   */
  @SuppressWarnings("ArrayRecordComponent")
  public record Palette(byte[] rgb, byte @Nullable [] alpha) {}

  public DecodedImage {
    if (width < 1 || height < 1 || samples.length != (long) width * height * mode.channels) {
      throw new IllegalArgumentException(
          "%d x %d pixels of mode %s do not fit %d samples"
              .formatted(width, height, mode, samples.length));
    }
  }

  @Override
  public Rows rows() {
    return Rows.of(samples);
  }

  /** An image without palette, key colour or orientation. */
  public static DecodedImage of(int width, int height, Mode mode, byte[] samples) {
    return new DecodedImage(width, height, mode, samples, null, null, 1);
  }
}
