package dev.vl4j.media.pdf;

import dev.vl4j.engine.media.MediaWork;
import java.awt.Graphics2D;
import java.awt.Paint;
import java.awt.Shape;
import java.awt.geom.AffineTransform;
import java.awt.geom.GeneralPath;
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
import org.jspecify.annotations.Nullable;

/**
 * Draws a page under a guard. Each operator asks it, so a page ends also where forms call forms
 * that call forms; pictures, groups and the cells of patterns ask for their memory. Nothing can ask
 * it while Java 2D draws a path, so one that takes long is drawn by some rows at a time.
 */
final class GuardedDrawer extends PageDrawer {
  /** Maps with every house of a town take some millions. */
  private static final int MOST_OPERATORS = 20_000_000;

  private static final int MOST_GROUPS_IN_GROUPS = 20;

  /** Viewers stop at 28, writers far before. */
  private static final int MOST_SAVED_STATES = 10_000;

  /** Of a path, whose segments are looked at for each part of it that is drawn. */
  private static final int MOST_SEGMENTS = 2_000_000;

  /** Rows of pixels that the edges of one path cross, all together: some seconds. */
  private static final long MOST_ROWS = 20_000_000;

  /** The same, of what is drawn while nothing can ask the guard: a tenth of a second. */
  private static final long ROWS_AT_ONCE = 300_000;

  /** The same, of a letter. */
  private static final long MOST_OF_A_LETTER = 1_000_000;

  /** In pixels. Java 2D divides curves the more often the longer they are. */
  private static final double FAR = 1e9;

  /** What PDFBox makes of shorter dashes. */
  private static final double SHORTEST_DASH = 0.035;

  /** Rectangles and the like: they cost an area next to nothing. */
  private static final int FEW_SEGMENTS = 8;

  private final MediaWork work;
  private final AffineTransform stretch;
  private final PDRectangle visible;
  private final Pictures pictures;
  private final Glyphs glyphs = new Glyphs();

  /** Of what is drawn on now: the page, a group, or the cell of a pattern. */
  private PathCost.Rows rows;

  /** Which of them are drawn now; null for all. */
  private PathCost.@Nullable Rows band;

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
    rows = new PathCost.Rows(0, height, width);
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
    if (getGraphicsStackSize() > MOST_SAVED_STATES) {
      throw new Refusal("a page saves its state more than %d times".formatted(MOST_SAVED_STATES));
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
    try (Another _ = group()) {
      super.showTransparencyGroup(form);
    }
  }

  @Override
  protected void processSoftMask(PDTransparencyGroup group) throws IOException {
    try (Another _ = group()) {
      super.processSoftMask(group);
    }
  }

  /** A group, with memory for it, its alpha, and its backdrop. */
  private Another group() {
    return new Another(rows, 12L * rows.width() * rows.count());
  }

  /** Another picture, which is drawn on until it is closed. */
  private final class Another implements AutoCloseable {
    private final PathCost.Rows rowsAround = rows;
    private final PathCost.@Nullable Rows bandAround = band;
    private final long bytes;

    Another(PathCost.Rows rowsOfIt, long bytes) {
      if (groups == MOST_GROUPS_IN_GROUPS) {
        throw new Refusal(
            "more than %d groups, masks and patterns of a page are in one another"
                .formatted(MOST_GROUPS_IN_GROUPS));
      }
      work.reserve(bytes);
      this.bytes = bytes;
      groups++;
      rows = rowsOfIt;
      band = null;
    }

    @Override
    public void close() {
      rows = rowsAround;
      band = bandAround;
      groups--;
      work.release(bytes);
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
    draw(getLinePath(), pen(), super::strokePath);
  }

  private PathCost.Pen pen() {
    double scale = scale(getGraphics().getTransform());
    double width = scale * Math.abs(transformWidth(getGraphicsState().getLineWidth()));
    return new PathCost.Pen(Math.max(width, 1), dashes(scale));
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
    if (getGraphicsState().getNonStrokingColorSpace() instanceof PDPattern) {
      // PDFBox intersects the path with the clip.
      requireFewCrossings(getLinePath());
    }
    draw(getLinePath(), null, () -> super.fillPath(windingRule));
  }

  private interface Drawing {
    void draw() throws IOException;
  }

  /** Draws a path, which is empty afterwards. */
  private void draw(GeneralPath path, PathCost.@Nullable Pen pen, Drawing drawing)
      throws IOException {
    PathCost cost = new PathCost(path, getGraphics().getTransform(), pen);
    if (cost.segments() > MOST_SEGMENTS) {
      throw new Refusal(
          "a path of a page has %d segments, and at most %d are drawn"
              .formatted(cost.segments(), MOST_SEGMENTS));
    }
    double crossed = cost.crossed(rows);
    requireRows(crossed, MOST_ROWS);
    if (crossed <= ROWS_AT_ONCE) {
      drawing.draw();
      return;
    }
    GeneralPath whole = (GeneralPath) path.clone();
    try {
      drawRows(
          rows,
          new PathCost(whole, getGraphics().getTransform(), pen),
          () -> {
            path.reset();
            path.append(whole, false);
            drawing.draw();
          });
    } finally {
      band = null;
      transferClip(getGraphics());
    }
  }

  /** Draws a path by halves of some rows, by halves of these, until each takes little time. */
  private void drawRows(PathCost.Rows some, PathCost cost, Drawing drawing) throws IOException {
    work.check();
    if (some.count() > 1 && cost.crossed(some) > ROWS_AT_ONCE + cost.segments()) {
      int middle = (some.top() + some.bottom()) / 2;
      drawRows(new PathCost.Rows(some.top(), middle, some.width()), cost, drawing);
      drawRows(new PathCost.Rows(middle, some.bottom(), some.width()), cost, drawing);
      return;
    }
    band = some;
    transferClip(getGraphics());
    drawing.draw();
  }

  @Override
  protected void transferClip(Graphics2D graphics) {
    super.transferClip(graphics);
    if (band != null) {
      AffineTransform transform = graphics.getTransform();
      graphics.setTransform(new AffineTransform());
      graphics.clipRect(0, band.top(), band.width(), band.count());
      graphics.setTransform(transform);
    }
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
      AreaCost.check(work, clip.toArray(Path2D[]::new));
    }
  }

  private void requireFewCrossings(Shape added) {
    if (PathCost.segments(added) > FEW_SEGMENTS) {
      AreaCost.check(work, getGraphicsState().getCurrentClippingPath(), added);
    }
  }

  private static void requireRows(double crossed, long most) {
    if (!(crossed <= most)) {
      throw new Refusal(
          "the edges of a part of a page cross %.0f rows of pixels, and at most %d are drawn"
              .formatted(crossed, most));
    }
  }

  @Override
  protected void showGlyph(Matrix textRenderingMatrix, PDFont font, int code, Vector displacement)
      throws IOException {
    work.check(); // a page may have all its letters in one operator
    super.showGlyph(textRenderingMatrix, font, code, displacement);
  }

  @Override
  protected void showFontGlyph(
      Matrix textRenderingMatrix, PDFont font, int code, Vector displacement) throws IOException {
    Glyphs.Glyph glyph = glyphs.of(font, code);
    AffineTransform toPixels = new AffineTransform(getGraphics().getTransform());
    toPixels.concatenate(textRenderingMatrix.createAffineTransform());
    toPixels.concatenate(font.getFontMatrix().createAffineTransform());
    Rectangle2D box = toPixels.createTransformedShape(glyph.box()).getBounds2D();
    if (!(Math.max(box.getWidth(), box.getHeight()) <= FAR)) {
      throw new Refusal("a letter of a page is too large to be drawn");
    }
    boolean stroked = getGraphicsState().getTextState().getRenderingMode().isStroke();
    PathCost cost = new PathCost(glyph.path(), toPixels, stroked ? pen() : null);
    requireRows(cost.segments() + cost.crossed(rows), MOST_OF_A_LETTER);
    super.showFontGlyph(textRenderingMatrix, font, code, displacement);
  }

  @Override
  protected Paint getPaint(PDColor color) throws IOException {
    if (!(color.getColorSpace() instanceof PDPattern patterns)
        || !(patterns.getPattern(color) instanceof PDTilingPattern tile)
        || tile.getBBox() == null) {
      return super.getPaint(color);
    }
    PatternCell cell = PatternCell.of(tile, getInitialMatrix(), stretch);
    if (!(cell.pixels() <= work.maxPixels())) {
      throw new Refusal(
          "a cell of a pattern has %.0f pixels, and at most %d are drawn"
              .formatted(cell.pixels(), work.maxPixels()));
    }
    PathCost.Rows rowsOfIt =
        new PathCost.Rows(0, (int) Math.ceil(cell.height()), (int) Math.ceil(cell.width()));
    try (Another _ = new Another(rowsOfIt, (long) (Integer.BYTES * cell.pixels()))) {
      return super.getPaint(color);
    }
  }

  /** How many pixels a unit has at most. */
  private static double scale(AffineTransform transform) {
    return Math.max(
        Math.hypot(transform.getScaleX(), transform.getShearY()),
        Math.hypot(transform.getScaleY(), transform.getShearX()));
  }
}
