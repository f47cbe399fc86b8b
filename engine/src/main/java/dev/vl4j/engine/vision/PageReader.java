package dev.vl4j.engine.vision;

import dev.vl4j.engine.ImageSource;
import dev.vl4j.engine.InvalidRequestException;
import dev.vl4j.engine.OverloadedException;
import dev.vl4j.engine.RequestLimits;
import dev.vl4j.engine.limits.WorkGuard;
import dev.vl4j.engine.media.MediaException;
import dev.vl4j.engine.media.MediaLibraries;
import dev.vl4j.engine.media.OpenPages;
import dev.vl4j.engine.media.PageRenderer;
import java.util.Optional;

/**
 * Draws pages of documents in the very size that the model takes: that of a picture of 200 dots an
 * inch, as documents are usually turned into pictures for such models, brought into the budget of
 * pixels.
 */
public final class PageReader {
  private static final double DOTS_PER_POINT = 200 / 72.0;

  private PageReader() {}

  /**
   * Draws a page. The samples of the result stay reserved in the guard.
   *
   * @param target from the size of the page at 200 dots an inch to that of the result
   * @throws InvalidRequestException if the page does not exist or cannot be drawn
   * @throws OverloadedException if there is no memory for it now
   */
  static ImageDecoder.Resized draw(
      ImageSource.Page page,
      ImageDecoder.TargetSize target,
      Optional<PageRenderer> renderer,
      WorkGuard guard) {
    byte[] file = ImageFiles.read(page.document(), Integer.MAX_VALUE, WorkGuard.UNBOUNDED).bytes();
    return NamedMedia.of(
        page.name(),
        "draw the page",
        "draw the page",
        () -> {
          try (OpenPages pages = renderer(renderer).open(file, guard)) {
            return draw(pages, page.number(), target, guard);
          }
        });
  }

  private static ImageDecoder.Resized draw(
      OpenPages pages, int number, ImageDecoder.TargetSize target, WorkGuard guard)
      throws MediaException {
    if (number > pages.pages()) {
      throw new InvalidRequestException("there is no such page, the document has " + pages.pages());
    }
    OpenPages.PageSize points = pages.size(number - 1);
    SmartResize.Size size = target.of(dots(points.height()), dots(points.width()));
    guard.reserve((long) RgbImage.CHANNELS * size.height() * size.width());
    byte[] samples = pages.render(number - 1, size.width(), size.height());
    RgbImage image = new RgbImage(size.width(), size.height(), samples);
    return new ImageDecoder.Resized(image, (long) size.width() * size.height());
  }

  /**
   * How many pages a document has.
   *
   * @throws InvalidRequestException if it cannot be read
   */
  public static int count(ImageSource document) {
    WorkGuard guard = WorkGuard.UNBOUNDED;
    byte[] file = ImageFiles.read(document, RequestLimits.MAX_FILE_BYTES, guard).bytes();
    return NamedMedia.of(
        document.name(),
        "read the document",
        "read the document",
        () -> {
          try (OpenPages pages = renderer(MediaLibraries.pageRenderer()).open(file, guard)) {
            return pages.pages();
          }
        });
  }

  private static PageRenderer renderer(Optional<PageRenderer> renderer) {
    return renderer.orElseThrow(() ->
        new InvalidRequestException("no library that draws pages is there; add dev.vl4j:vl4j-pdf"));
  }

  private static int dots(double points) throws MediaException {
    if (!(points > 0) || points > Integer.MAX_VALUE / DOTS_PER_POINT) {
      throw new MediaException("a side of the page has " + points + " points");
    }
    return Math.max((int) Math.rint(points * DOTS_PER_POINT), 1);
  }
}
