package dev.vl4j.engine.vision.tiff;

import dev.vl4j.engine.vision.decode.DecodedImage.Mode;

/** The modes in which Pillow opens TIFF files, as far as they differ in how pixels are kept. */
enum PillowMode {
  /** Modes 1, L, I;16, I and F: all of them become 8 bits, with values outside of 0 to 255 cut. */
  GRAY(Mode.L, 1, 1),
  GRAY_ALPHA(Mode.LA, 2, 2),
  PALETTE(Mode.P, 1, 1),
  PALETTE_ALPHA(Mode.PA, 2, 2),
  RGB(Mode.RGB, 3, 3),
  RGBA(Mode.RGBA, 4, 4),
  CMYK(Mode.RGB, 4, 4),
  LAB(Mode.RGB, 3, 3);

  /** What becomes of it in the end. */
  final Mode result;

  /** Bytes of one pixel while the image is read. */
  final int channels;

  /** Pillow's count of bands. */
  final int bands;

  PillowMode(Mode result, int channels, int bands) {
    this.result = result;
    this.channels = channels;
    this.bands = bands;
  }
}
