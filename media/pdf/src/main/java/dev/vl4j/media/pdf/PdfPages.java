package dev.vl4j.media.pdf;

import dev.vl4j.engine.media.MediaException;
import dev.vl4j.engine.media.MediaWork;
import dev.vl4j.engine.media.OpenPages;
import java.io.IOException;
import org.apache.pdfbox.Loader;
import org.apache.pdfbox.io.IOUtils;
import org.apache.pdfbox.io.RandomAccessRead;
import org.apache.pdfbox.pdmodel.PDDocument;
import org.apache.pdfbox.pdmodel.PDPage;
import org.apache.pdfbox.pdmodel.common.PDRectangle;
import org.apache.pdfbox.pdmodel.encryption.InvalidPasswordException;

/** An open PDF file. */
final class PdfPages implements OpenPages {
  private final GuardedRead file;
  private final MediaWork work;
  private final PDDocument document;
  private final int pages;

  private PdfPages(GuardedRead file, MediaWork work, PDDocument document, int pages) {
    this.file = file;
    this.work = work;
    this.document = document;
    this.pages = pages;
  }

  /** Opens a file, and closes it if that fails. */
  static PdfPages open(RandomAccessRead bytes, MediaWork work) throws MediaException {
    PDDocument[] opened = new PDDocument[1];
    PdfPages result = null;
    try {
      result =
          guarded(
              work,
              () -> {
                Inflation.check(bytes, work);
                GuardedRead file = new GuardedRead(bytes, work);
                opened[0] = Loader.loadPDF(file, "", IOUtils.createMemoryOnlyStreamCache());
                int pages = PageCount.repair(opened[0], work);
                if (pages == 0) {
                  throw new MediaException("there is no page in it");
                }
                return new PdfPages(file, work, opened[0], pages);
              });
      return result;
    } finally {
      if (result == null) {
        IOUtils.closeQuietly(opened[0]);
        IOUtils.closeQuietly(bytes);
        work.close();
      }
    }
  }

  @Override
  public int pages() {
    return pages;
  }

  @Override
  public PageSize size(int page) throws MediaException {
    requirePage(page);
    return guarded(
        work,
        () -> {
          file.begin();
          PDPage found = document.getPage(page);
          PDRectangle visible = found.getCropBox();
          double width = visible.getWidth() * (double) found.getUserUnit();
          double height = visible.getHeight() * (double) found.getUserUnit();
          if (!(width > 0 && height > 0 && width * height < Float.MAX_VALUE)) {
            throw new MediaException(
                "page %d has no area: it is %s x %s points".formatted(page + 1, width, height));
          }
          return found.getRotation() % 180 == 0
              ? new PageSize(width, height)
              : new PageSize(height, width);
        });
  }

  @Override
  public byte[] render(int page, int width, int height) throws MediaException {
    requirePage(page);
    if (width <= 0 || height <= 0 || (long) width * height > work.maxPixels()) {
      throw new MediaException("a page cannot be drawn as %d x %d pixels".formatted(width, height));
    }
    size(page);
    return guarded(
        work,
        () -> {
          file.begin();
          document.setResourceCache(new FontCache());
          try (MediaWork drawing = new MediaWork(work)) {
            return PageImage.draw(document, page, width, height, drawing);
          }
        });
  }

  private void requirePage(int page) throws MediaException {
    if (page < 0 || page >= pages) {
      throw new MediaException(
          "it has %d pages, and none of number %d".formatted(pages, page + 1L));
    }
  }

  @Override
  public void close() {
    IOUtils.closeQuietly(document);
    IOUtils.closeQuietly(file);
    work.close();
  }

  /** Does something, and tells what the guard throws from what PDFBox stumbles over. */
  private static <T> T guarded(MediaWork work, BundledFonts.Action<T> action)
      throws MediaException {
    try {
      return BundledFonts.with(action);
    } catch (InvalidPasswordException e) {
      throw new MediaException("it is encrypted, and needs a password", e);
    } catch (Refusal e) {
      throw e.asMediaException();
    } catch (IOException | RuntimeException e) {
      throw broken(work, e);
    } catch (StackOverflowError e) {
      throw new MediaException("it is broken: its parts are nested without an end", e);
    } catch (NoClassDefFoundError e) {
      // PDFBox without Bouncy Castle.
      throw new MediaException("it is encrypted for holders of certificates", e);
    }
  }

  private static MediaException broken(MediaWork work, Exception e) {
    RuntimeException stop = work.stop();
    Throwable cause = e;
    while (cause != null) {
      if (stop != null && stop.equals(cause)) {
        throw stop;
      }
      if (cause instanceof Refusal refusal) {
        return refusal.asMediaException();
      }
      cause = cause.getCause();
    }
    return new MediaException("it is broken, or no PDF file", e);
  }
}
