package dev.vl4j.media.pdf;

import java.awt.geom.AffineTransform;
import org.apache.pdfbox.pdmodel.graphics.pattern.PDTilingPattern;
import org.apache.pdfbox.util.Matrix;

/**
 * The picture that PDFBox makes of a cell of a pattern, and then repeats.
 *
 * @param width in pixels
 * @param height in pixels
 */
record PatternCell(double width, double height) {
  /** PDFBox cuts cells that are larger, in the page's units; many are drawn once, in huge cells. */
  private static final double LONGEST_SIDE = 3000;

  /**
   * That of a pattern.
   *
   * @param initial from the page's units to those of its picture
   * @param toPixels from these to pixels
   */
  static PatternCell of(PDTilingPattern pattern, Matrix initial, AffineTransform toPixels) {
    Matrix matrix = Matrix.concatenate(initial, pattern.getMatrix());
    double width =
        step(pattern.getXStep(), pattern.getBBox().getWidth()) * matrix.getScalingFactorX();
    double height =
        step(pattern.getYStep(), pattern.getBBox().getHeight()) * matrix.getScalingFactorY();
    if (width * height > LONGEST_SIDE * LONGEST_SIDE) {
      width = Math.min(LONGEST_SIDE, width);
      height = Math.min(LONGEST_SIDE, height);
    }
    return new PatternCell(
        Math.max(1, width * Math.hypot(toPixels.getScaleX(), toPixels.getShearY())),
        Math.max(1, height * Math.hypot(toPixels.getScaleY(), toPixels.getShearX())));
  }

  private static double step(float step, float otherwise) {
    return Math.abs(step == 0 ? otherwise : step);
  }

  double pixels() {
    return width * height;
  }
}
