package dev.vl4j.media.pdf;

import dev.vl4j.engine.media.MediaException;
import dev.vl4j.engine.media.MediaGuard;
import dev.vl4j.engine.media.MediaWork;
import dev.vl4j.engine.media.OpenPages;
import dev.vl4j.engine.media.PageRenderer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.apache.pdfbox.io.RandomAccessReadBuffer;
import org.apache.pdfbox.io.RandomAccessReadBufferedFile;
import org.apache.pdfbox.util.Version;

/** Draws pages of PDF files by Apache PDFBox, in this process. */
public final class PdfBoxRenderer implements PageRenderer {
  /** Held, since loggers that nobody holds forget their levels. */
  private static final List<Logger> LOGGERS =
      List.of(Logger.getLogger("org.apache.pdfbox"), Logger.getLogger("org.apache.fontbox"));

  static {
    // A broken file is worth thousands of lines to PDFBox; what matters is in the exception.
    for (Logger logger : LOGGERS) {
      if (logger.getLevel() == null) {
        logger.setLevel(Level.OFF);
      }
    }
  }

  /** One for many threads. */
  public PdfBoxRenderer() {}

  @Override
  public String name() {
    return "Apache PDFBox " + Version.getVersion();
  }

  @Override
  public OpenPages open(Path file, MediaGuard guard) throws MediaException {
    Objects.requireNonNull(guard, "guard");
    requireRegular(file);
    try {
      return PdfPages.open(new RandomAccessReadBufferedFile(file), new MediaWork(guard));
    } catch (IOException e) {
      throw new MediaException("it cannot be opened", e);
    }
  }

  /** Asked before a file is opened: to open a pipe would wait for whoever writes to it. */
  public static void requireRegular(Path file) throws MediaException {
    if (!Files.isRegularFile(Objects.requireNonNull(file, "file"))) {
      throw new MediaException(Files.exists(file) ? "it is no regular file" : "it does not exist");
    }
  }

  @Override
  public OpenPages open(byte[] file, MediaGuard guard) throws MediaException {
    Objects.requireNonNull(file, "file");
    Objects.requireNonNull(guard, "guard");
    return PdfPages.open(new RandomAccessReadBuffer(file), new MediaWork(guard));
  }
}
