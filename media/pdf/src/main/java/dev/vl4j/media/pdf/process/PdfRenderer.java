package dev.vl4j.media.pdf.process;

import dev.vl4j.engine.media.MediaException;
import dev.vl4j.engine.media.MediaGuard;
import dev.vl4j.engine.media.MediaWork;
import dev.vl4j.engine.media.OpenPages;
import dev.vl4j.engine.media.PageRenderer;
import dev.vl4j.media.pdf.PdfBoxRenderer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Draws pages of PDF files in this process, or in others if the property {@code vl4j.pdf.process}
 * has the size of their heaps, such as {@code 1g} or {@code 512m}.
 */
public final class PdfRenderer implements PageRenderer {
  private static final String PROPERTY = "vl4j.pdf.process";
  private static final String OFF = "off";
  private static final Pattern SIZE = Pattern.compile("([1-9][0-9]{0,5})([mg])");
  private static final int IDLE_SECONDS = 20;

  /** For a run over many files, which has no time limit for each. */
  private static final int MOST_SECONDS = 120;

  private final PageRenderer here = new PdfBoxRenderer();
  private final @Nullable Workers workers;
  private final String name;

  /** What is wrong with the property, in words; empty if nothing is. */
  private final String fault;

  /** For {@link java.util.ServiceLoader}. */
  public PdfRenderer() {
    this(System.getProperty(PROPERTY, OFF), IDLE_SECONDS, MOST_SECONDS);
  }

  /**
   * @param process {@code off}, or the size of a process's heap
   * @param idleSeconds after which a process that is not needed ends
   * @param mostSeconds after which one ends that opens a file or draws a page
   */
  PdfRenderer(String process, int idleSeconds, int mostSeconds) {
    Matcher size = SIZE.matcher(process.toLowerCase(Locale.ROOT));
    if (size.matches()) {
      int shift = size.group(2).equals("g") ? 30 : 20;
      long memory = Long.parseLong(size.group(1)) << shift;
      workers =
          new Workers(
              new WorkerProcess.Limits(memory, mostSeconds),
              Runtime.getRuntime().availableProcessors(),
              idleSeconds);
      name = "%s, in processes of %d MB".formatted(here.name(), memory >> 20);
      fault = "";
      return;
    }
    workers = null;
    if (process.equalsIgnoreCase(OFF)) {
      name = here.name();
      fault = "";
    } else {
      fault =
          "-D%s: expected %s or a size of memory such as 1g or 512m, found %s"
              .formatted(PROPERTY, OFF, process);
      name = "%s, not usable: %s".formatted(here.name(), fault);
    }
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public OpenPages open(Path file, MediaGuard guard) throws MediaException {
    requireNoFault();
    if (workers == null) {
      return here.open(file, guard);
    }
    Objects.requireNonNull(guard, "guard");
    PdfBoxRenderer.requireRegular(file);
    MediaWork work = new MediaWork(guard);
    boolean open = false;
    try {
      work.reserve(Files.size(file));
      ProcessPages pages = ProcessPages.open(Files.readAllBytes(file), work, workers);
      open = true;
      return pages;
    } catch (IOException e) {
      throw new MediaException("it cannot be read", e);
    } finally {
      if (!open) {
        work.close();
      }
    }
  }

  @Override
  public OpenPages open(byte[] file, MediaGuard guard) throws MediaException {
    requireNoFault();
    Objects.requireNonNull(file, "file");
    Objects.requireNonNull(guard, "guard");
    return workers == null
        ? here.open(file, guard)
        : ProcessPages.open(file, new MediaWork(guard), workers);
  }

  private void requireNoFault() throws MediaException {
    if (!fault.isEmpty()) {
      throw new MediaException(fault);
    }
  }
}
