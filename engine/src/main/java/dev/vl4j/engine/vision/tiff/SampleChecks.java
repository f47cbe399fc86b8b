package dev.vl4j.engine.vision.tiff;

import static dev.vl4j.engine.vision.tiff.TiffTag.BITS_PER_SAMPLE;
import static dev.vl4j.engine.vision.tiff.TiffTag.COLOR_MAP;
import static dev.vl4j.engine.vision.tiff.TiffTag.COMPRESSION;
import static dev.vl4j.engine.vision.tiff.TiffTag.EXTRA_SAMPLES;
import static dev.vl4j.engine.vision.tiff.TiffTag.SAMPLE_FORMAT;

import dev.vl4j.engine.vision.decode.BrokenImageException;
import dev.vl4j.engine.vision.decode.DecodedImage;

/**
 * What libtiff requires of the entries that describe samples, where Pillow is content with less.
 *
 * @param samples of a pixel
 */
record SampleChecks(TiffDirectory directory, int samples) {
  /** What Corel Draw 10 writes for alpha. */
  private static final int COREL_DRAW_ALPHA = 999;

  /**
   * @throws BrokenImageException if libtiff would not read the directory
   */
  void check(TiffLayout layout) throws BrokenImageException {
    checkEachSample(COMPRESSION);
    TiffField compression = directory.findForLibtiff(COMPRESSION);
    if (compression != null && compression.integer(0) != layout.compression().number()) {
      throw new BrokenImageException("its TIFF directory has two compressions for one image");
    }
    checkEachSample(BITS_PER_SAMPLE);
    checkEachSample(SAMPLE_FORMAT);
    checkExtraSamples();
    checkColorMap(layout);
  }

  /** One value for all samples, or a list of equal ones. */
  private void checkEachSample(TiffTag tag) throws BrokenImageException {
    TiffField field = directory.findForLibtiff(tag);
    if (field == null) {
      return;
    }
    boolean enough = field.count() == 1 || field.count() >= samples;
    if (!field.isIntegerForLibtiff() || field.count() == 0 || !enough) {
      throw new BrokenImageException(
          "its %s is not one integer for each of %d samples".formatted(tag.label, samples));
    }
    for (int i = 1; i < Math.min(field.count(), samples); i++) {
      if (field.integer(i) != field.integer(0)) {
        throw new BrokenImageException("its samples differ in their " + tag.label);
      }
    }
  }

  private void checkExtraSamples() throws BrokenImageException {
    TiffField extra = directory.findForLibtiff(EXTRA_SAMPLES);
    if (extra == null) {
      return;
    }
    boolean known = extra.isIntegerForLibtiff() && extra.count() >= 1 && extra.count() <= samples;
    for (int i = 0; known && i < extra.count(); i++) {
      long kind = extra.integer(i);
      known = (kind >= 0 && kind <= 2) || kind == COREL_DRAW_ALPHA;
    }
    if (!known) {
      throw new BrokenImageException("its ExtraSamples are of no known kind");
    }
  }

  /** Of less than 8 bits, libtiff wants a colour for each index. */
  private void checkColorMap(TiffLayout layout) throws BrokenImageException {
    TiffField map = directory.findForLibtiff(COLOR_MAP);
    boolean paletted = layout.mode().result == DecodedImage.Mode.P && layout.bits() < 8;
    if (paletted && (map == null || map.count() != 3 << layout.bits())) {
      throw new BrokenImageException(
          "its ColorMap does not have %d colours".formatted(1 << layout.bits()));
    }
  }
}
