package dev.vl4j.media.pdf;

import dev.vl4j.engine.media.MediaWork;
import java.awt.Graphics2D;
import java.awt.Paint;
import java.awt.Shape;
import java.awt.geom.AffineTransform;
import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;
import java.io.IOException;
import java.util.List;
import org.apache.pdfbox.contentstream.operator.MissingOperandException;
import org.apache.pdfbox.contentstream.operator.Operator;
import org.apache.pdfbox.cos.COSBase;
import org.apache.pdfbox.filter.MissingImageReaderException;
import org.apache.pdfbox.pdmodel.MissingResourceException;
import org.apache.pdfbox.pdmodel.PDPage;
import org.apache.pdfbox.pdmodel.common.PDRectangle;
import org.apache.pdfbox.pdmodel.font.PDFont;
import org.apache.pdfbox.pdmodel.graphics.color.PDColor;
import org.apache.pdfbox.pdmodel.graphics.color.PDPattern;
import org.apache.pdfbox.pdmodel.graphics.form.PDTransparencyGroup;
import org.apache.pdfbox.pdmodel.graphics.image.PDImage;
import org.apache.pdfbox.pdmodel.graphics.pattern.PDTilingPattern;
import org.apache.pdfbox.rendering.PageDrawer;
import org.apache.pdfbox.rendering.PageDrawerParameters;
import org.apache.pdfbox.util.Matrix;
import org.apache.pdfbox.util.Vector;

/**
 * Draws a page under a guard. Each operator asks it, so a page ends also where forms call forms
 * that call forms; pictures, groups and the cells of patterns ask for their memory. Nothing can ask
 * it while Java 2D draws a path, so one that would take long is refused before.
 */
final class GuardedDrawer extends PageDrawer {
  /** Maps with every house of a town take some millions. */
  private static final int MOST_OPERATORS = 20_000_000;

  private static final int MOST_GROUPS_IN_GROUPS = 20;

  /** Rows of pixels that the edges of one path cross, all together: some seconds. */
  private static final long MOST_ROWS = 10_000_000;

  /** In pixels. Java 2D divides curves the more often the longer they are. */
  private static final double FAR = 1e9;

  /** What PDFBox makes of shorter dashes. */
  private static final double SHORTEST_DASH = 0.035;

  /** Rectangles and the like: they cost an area next to nothing. */
  private static final int FEW_SEGMENTS = 8;

  private final MediaWork work;
  private final AffineTransform stretch;
  private final PDRectangle visible;
  private final int width;
  private final Pictures pictures;
  private final GlyphSizes glyphs = new GlyphSizes();

  /** Of what is drawn on now, in pixels: the page, or the cell of a pattern. */
  private int height;

  private int operators;
  private int groups;

  GuardedDrawer(
      PageDrawerParameters parameters,
      MediaWork work,
      AffineTransform stretch,
      PDRectangle visible,
      int width,
      int height)
      throws IOException {
    super(parameters);
    this.work = work;
    this.stretch = stretch;
    this.visible = visible;
    this.width = width;
    this.height = height;
    pictures = new Pictures(work);
  }

  PDPage page() {
    return getPage();
  }

  @Override
  public void drawPage(Graphics2D graphics, PDRectangle size) throws IOException {
    graphics.setTransform(stretch);
    super.drawPage(graphics, visible);
  }

  @Override
  protected void processOperator(Operator operator, List<COSBase> operands) throws IOException {
    work.check();
    if (++operators > MOST_OPERATORS) {
      throw new Refusal("a page takes more than %d operators".formatted(MOST_OPERATORS));
    }
    super.processOperator(operator, operands);
  }

  /** Pages may lack what they name, but not silently a picture that is there and cannot be read. */
  @Override
  protected void operatorException(Operator operator, List<COSBase> operands, IOException e)
      throws IOException {
    if (e instanceof MissingImageReaderException) {
      throw Pictures.unknownCoding();
    }
    if (operator.getName().equals("Do")
        && !(e instanceof MissingOperandException || e instanceof MissingResourceException)) {
      throw new Refusal("a picture or a part of a page is broken");
    }
    super.operatorException(operator, operands, e);
  }

  @Override
  public void drawImage(PDImage image) throws IOException {
    long bytes = pictures.reserve(image);
    try {
      super.drawImage(image);
    } finally {
      work.release(bytes);
    }
  }

  @Override
  public void showTransparencyGroup(PDTransparencyGroup form) throws IOException {
    inGroup(() -> super.showTransparencyGroup(form));
  }

  @Override
  protected void processSoftMask(PDTransparencyGroup group) throws IOException {
    inGroup(() -> super.processSoftMask(group));
  }

  private interface Drawing {
    void draw() throws IOException;
  }

  /** Draws with memory for a group, its alpha, and its backdrop. */
  private void inGroup(Drawing drawing) throws IOException {
    enterGroup();
    long bytes = 12L * width * height;
    work.reserve(bytes);
    try {
      drawing.draw();
    } finally {
      work.release(bytes);
      groups--;
    }
  }

  private void enterGroup() {
    if (++groups > MOST_GROUPS_IN_GROUPS) {
      throw new Refusal(
          "more than %d groups, masks and patterns of a page are in one another"
              .formatted(MOST_GROUPS_IN_GROUPS));
    }
  }

  @Override
  public void moveTo(float x, float y) {
    double far = far();
    super.moveTo(bounded(x, far), bounded(y, far));
  }

  @Override
  public void lineTo(float x, float y) {
    double far = far();
    super.lineTo(bounded(x, far), bounded(y, far));
  }

  @Override
  public void curveTo(float x1, float y1, float x2, float y2, float x3, float y3) {
    double far = far();
    super.curveTo(
        bounded(x1, far),
        bounded(y1, far),
        bounded(x2, far),
        bounded(y2, far),
        bounded(x3, far),
        bounded(y3, far));
  }

  private double far() {
    return FAR / scale(getGraphics().getTransform());
  }

  private static float bounded(float coordinate, double far) {
    return (float) Math.clamp(coordinate, -far, far);
  }

  @Override
  public void strokePath() throws IOException {
    AffineTransform transform = getGraphics().getTransform();
    double scale = scale(transform);
    double width = scale * Math.abs(transformWidth(getGraphicsState().getLineWidth()));
    requireRows(
        PathCost.rows(getLinePath(), transform, height, new PathCost.Pen(width, dashes(scale))));
    super.strokePath();
  }

  /** How long a dash and its gap are, on average, in pixels. */
  private double dashes(double scale) {
    float[] lengths = getGraphicsState().getLineDashPattern().getDashArray();
    double sum = 0;
    for (float length : lengths) {
      sum += Math.max(Math.abs(transformWidth(length)), SHORTEST_DASH);
    }
    return lengths.length == 0 ? Double.POSITIVE_INFINITY : 2 * scale * sum / lengths.length;
  }

  @Override
  public void fillPath(int windingRule) throws IOException {
    requireRows(PathCost.rows(getLinePath(), getGraphics().getTransform(), height, null));
    if (getGraphicsState().getNonStrokingColorSpace() instanceof PDPattern) {
      // PDFBox intersects the path with the clip.
      requireFewCrossings(getLinePath());
    }
    super.fillPath(windingRule);
  }

  @Override
  public void clip(int windingRule) {
    requireFewCrossings(getLinePath());
    super.clip(windingRule);
  }

  @Override
  public void endText() throws IOException {
    if (!getGraphicsState().getTextState().getRenderingMode().isClip()) {
      super.endText();
      return;
    }
    // From here on there is one path of the clip, and what the text adds comes behind it.
    getGraphicsState().getCurrentClippingPath();
    super.endText();
    List<Path2D> clip = getGraphicsState().getCurrentClippingPaths();
    if (clip.size() > 1) {
      Crossings.check(work, clip.toArray(Path2D[]::new));
    }
  }

  private void requireFewCrossings(Shape added) {
    if (PathCost.segments(added) > FEW_SEGMENTS) {
      Crossings.check(work, getGraphicsState().getCurrentClippingPath(), added);
    }
  }

  private static void requireRows(long rows) {
    if (rows > MOST_ROWS) {
      throw new Refusal(
          "the edges of a part of a page cross %d rows of pixels, and at most %d are drawn"
              .formatted(rows, MOST_ROWS));
    }
  }

  @Override
  protected void showFontGlyph(
      Matrix textRenderingMatrix, PDFont font, int code, Vector displacement) throws IOException {
    GlyphSizes.Size size = glyphs.of(font, code);
    AffineTransform toPixels = new AffineTransform(getGraphics().getTransform());
    toPixels.concatenate(textRenderingMatrix.createAffineTransform());
    toPixels.concatenate(font.getFontMatrix().createAffineTransform());
    Rectangle2D box = toPixels.createTransformedShape(size.box()).getBounds2D();
    if (!(Math.max(box.getWidth(), box.getHeight()) <= FAR)) {
      throw new Refusal("a letter of a page is too large to be drawn");
    }
    requireRows((long) (size.segments() * Math.min(box.getHeight(), height)));
    super.showFontGlyph(textRenderingMatrix, font, code, displacement);
  }

  @Override
  protected Paint getPaint(PDColor color) throws IOException {
    if (!(color.getColorSpace() instanceof PDPattern patterns)
        || !(patterns.getPattern(color) instanceof PDTilingPattern tile)
        || tile.getBBox() == null) {
      return super.getPaint(color);
    }
    enterGroup();
    int around = height;
    PatternCell cell = PatternCell.of(tile, getInitialMatrix(), stretch);
    long bytes = reserve(cell);
    height = (int) Math.ceil(cell.height());
    try {
      return super.getPaint(color);
    } finally {
      work.release(bytes);
      height = around;
      groups--;
    }
  }

  /**
   * Reserves memory for a cell.
   *
   * @return how many bytes
   */
  private long reserve(PatternCell cell) {
    if (!(cell.pixels() <= work.maxPixels())) {
      throw new Refusal(
          "a cell of a pattern has %.0f pixels, and at most %d are drawn"
              .formatted(cell.pixels(), work.maxPixels()));
    }
    long bytes = (long) (Integer.BYTES * cell.pixels());
    work.reserve(bytes);
    return bytes;
  }

  /** How many pixels a unit has at most. */
  private static double scale(AffineTransform transform) {
    return Math.max(
        Math.hypot(transform.getScaleX(), transform.getShearY()),
        Math.hypot(transform.getScaleY(), transform.getShearX()));
  }
}
