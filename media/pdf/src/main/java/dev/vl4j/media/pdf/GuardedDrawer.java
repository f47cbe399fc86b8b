package dev.vl4j.media.pdf;

import dev.vl4j.engine.media.MediaWork;
import java.awt.Graphics2D;
import java.awt.geom.AffineTransform;
import java.io.IOException;
import java.util.List;
import org.apache.pdfbox.contentstream.operator.MissingOperandException;
import org.apache.pdfbox.contentstream.operator.Operator;
import org.apache.pdfbox.cos.COSBase;
import org.apache.pdfbox.filter.MissingImageReaderException;
import org.apache.pdfbox.pdmodel.MissingResourceException;
import org.apache.pdfbox.pdmodel.PDPage;
import org.apache.pdfbox.pdmodel.common.PDRectangle;
import org.apache.pdfbox.pdmodel.graphics.form.PDTransparencyGroup;
import org.apache.pdfbox.pdmodel.graphics.image.PDImage;
import org.apache.pdfbox.rendering.PageDrawer;
import org.apache.pdfbox.rendering.PageDrawerParameters;

/**
 * Draws a page under a guard. Each operator asks it, so a page ends also where forms call forms
 * that call forms; pictures and groups ask for their memory.
 */
final class GuardedDrawer extends PageDrawer {
  /** Maps with every house of a town take some millions. */
  private static final int MOST_OPERATORS = 20_000_000;

  private static final int MOST_GROUPS_IN_GROUPS = 20;

  private final MediaWork work;
  private final AffineTransform stretch;
  private final PDRectangle visible;
  private final long pixels;
  private final Pictures pictures;
  private int operators;
  private int groups;

  GuardedDrawer(
      PageDrawerParameters parameters,
      MediaWork work,
      AffineTransform stretch,
      PDRectangle visible,
      long pixels)
      throws IOException {
    super(parameters);
    this.work = work;
    this.stretch = stretch;
    this.visible = visible;
    this.pixels = pixels;
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
    if (++groups > MOST_GROUPS_IN_GROUPS) {
      throw new Refusal(
          "more than %d groups of a page are in one another".formatted(MOST_GROUPS_IN_GROUPS));
    }
    // The group, its alpha, and its backdrop.
    long bytes = 12 * pixels;
    work.reserve(bytes);
    try {
      super.showTransparencyGroup(form);
    } finally {
      work.release(bytes);
      groups--;
    }
  }
}
