package dev.vl4j.media.pdf;

import dev.vl4j.engine.media.MediaException;
import dev.vl4j.engine.media.MediaWork;
import java.awt.geom.AffineTransform;
import java.awt.image.BufferedImage;
import java.io.IOException;
import org.apache.pdfbox.cos.COSBase;
import org.apache.pdfbox.cos.COSDictionary;
import org.apache.pdfbox.cos.COSName;
import org.apache.pdfbox.pdmodel.PDDocument;
import org.apache.pdfbox.pdmodel.PDPage;
import org.apache.pdfbox.pdmodel.common.PDRectangle;
import org.apache.pdfbox.rendering.ImageType;
import org.apache.pdfbox.rendering.PDFRenderer;
import org.apache.pdfbox.rendering.PageDrawer;
import org.apache.pdfbox.rendering.PageDrawerParameters;
import org.jspecify.annotations.Nullable;

/**
 * A page, drawn at a size in pixels. PDFBox draws at a scale, the same for both axes. So the page
 * says that it is as large as the picture while PDFBox makes one, and before anything is drawn gets
 * its true boxes back, with a transform that stretches them over the picture.
 */
final class PageImage extends PDFRenderer {
  /** Of the page, its copy for transparency, and what PDFBox keeps beside. */
  private static final int BYTES_PER_PIXEL = 16;

  private final MediaWork work;
  private final AffineTransform stretch;
  private final Boxes boxes;
  private final int width;
  private final int height;

  private PageImage(
      PDDocument document,
      MediaWork work,
      AffineTransform stretch,
      Boxes boxes,
      int width,
      int height) {
    super(document);
    this.work = work;
    this.stretch = stretch;
    this.boxes = boxes;
    this.width = width;
    this.height = height;
  }

  /**
   * Draws a page.
   *
   * @return {@code [height][width][3]}, red, green and blue
   */
  static byte[] draw(PDDocument document, int index, int width, int height, MediaWork work)
      throws IOException, MediaException {
    work.check();
    PDPage page = document.getPage(index);
    StreamSizes.reserve(page, work);
    work.reserve((long) BYTES_PER_PIXEL * width * height);
    Boxes boxes = Boxes.of(page);
    AffineTransform stretch = stretch(boxes.visible(), page.getRotation(), width, height);
    boolean sideways = page.getRotation() % 180 != 0;
    PDRectangle pixels = sideways ? new PDRectangle(height, width) : new PDRectangle(width, height);
    page.setMediaBox(pixels);
    page.setCropBox(pixels);
    try {
      return samples(
          new PageImage(document, work, stretch, boxes, width, height)
              .renderImage(index, 1, ImageType.RGB));
    } finally {
      boxes.restore(page);
    }
  }

  /** What a page says of its size. */
  private record Boxes(
      PDRectangle media,
      PDRectangle visible,
      @Nullable COSBase ownMedia,
      @Nullable COSBase ownCrop) {
    static Boxes of(PDPage page) {
      COSDictionary entries = page.getCOSObject();
      return new Boxes(
          page.getMediaBox(),
          page.getCropBox(),
          entries.getItem(COSName.MEDIA_BOX),
          entries.getItem(COSName.CROP_BOX));
    }

    /** Of the page that draws: what it inherits may be its own for a while. */
    void apply(PDPage page) {
      page.setMediaBox(media);
      page.setCropBox(visible);
    }

    void restore(PDPage page) {
      page.getCOSObject().setItem(COSName.MEDIA_BOX, ownMedia);
      page.getCOSObject().setItem(COSName.CROP_BOX, ownCrop);
    }
  }

  /** From points of the visible box, with y downwards, to pixels of the picture. */
  private static AffineTransform stretch(PDRectangle visible, int rotation, int width, int height) {
    double pageWidth = visible.getWidth();
    double pageHeight = visible.getHeight();
    AffineTransform result = new AffineTransform();
    if (rotation % 180 == 0) {
      result.scale(width / pageWidth, height / pageHeight);
    } else {
      result.scale(width / pageHeight, height / pageWidth);
    }
    switch (rotation) {
      case 90 -> result.translate(pageHeight, 0);
      case 180 -> result.translate(pageWidth, pageHeight);
      case 270 -> result.translate(0, pageWidth);
      default -> {}
    }
    result.quadrantRotate(rotation / 90);
    return result;
  }

  @Override
  protected PageDrawer createPageDrawer(PageDrawerParameters parameters) throws IOException {
    GuardedDrawer drawer =
        new GuardedDrawer(parameters, work, stretch, boxes.visible(), width, height);
    boxes.apply(drawer.page());
    drawer.setAnnotationFilter(getAnnotationsFilter());
    return drawer;
  }

  private static byte[] samples(BufferedImage image) {
    int width = image.getWidth();
    int[] row = new int[width];
    byte[] samples = new byte[3 * width * image.getHeight()];
    int to = 0;
    for (int y = 0; y < image.getHeight(); y++) {
      image.getRaster().getDataElements(0, y, width, 1, row);
      for (int rgb : row) {
        samples[to++] = (byte) (rgb >> 16);
        samples[to++] = (byte) (rgb >> 8);
        samples[to++] = (byte) rgb;
      }
    }
    return samples;
  }
}
