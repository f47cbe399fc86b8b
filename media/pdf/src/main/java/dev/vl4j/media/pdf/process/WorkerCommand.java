package dev.vl4j.media.pdf.process;

import dev.vl4j.engine.media.MediaWork;
import dev.vl4j.media.pdf.PdfBoxRenderer;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.apache.commons.logging.LogFactory;
import org.apache.fontbox.FontBoxFont;
import org.apache.pdfbox.io.RandomAccessRead;
import org.apache.pdfbox.pdmodel.PDDocument;

/** How a worker is started: by the Java of this process, with the libraries that draw. */
final class WorkerCommand {
  /** One of each library. */
  private static final List<Class<?>> NEEDED =
      List.of(
          PdfBoxRenderer.class,
          MediaWork.class,
          PDDocument.class,
          RandomAccessRead.class,
          FontBoxFont.class,
          LogFactory.class);

  /** What Java ends with where {@code ExitOnOutOfMemoryError} has it end. */
  static final int OUT_OF_MEMORY = 3;

  /** A worker starts often and draws little, and takes one processor. */
  private static final List<String> OPTIONS =
      List.of(
          "-XX:+ExitOnOutOfMemoryError",
          "-XX:+UseSerialGC",
          "-XX:TieredStopAtLevel=1",
          "-XX:+DisplayVMOutputToStderr",
          "-XX:-UsePerfData",
          "-Xshare:auto",
          "-Djava.awt.headless=true");

  /**
   * What a worker gets to know of the environment: where files and libraries are. Keys and tokens
   * are none of its business, nor are options of Java for this process.
   */
  private static final Set<String> KEPT =
      Set.of("HOME", "LD_LIBRARY_PATH", "PATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR");

  private static final String FONTS = "vl4j.pdf.fonts";

  private WorkerCommand() {}

  static ProcessBuilder builder(long memory) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(OPTIONS);
    command.add("-Xmx" + memory);
    String fonts = System.getProperty(FONTS);
    if (fonts != null) {
      command.add("-D" + FONTS + "=" + fonts);
    }
    command.addAll(List.of("-cp", classPath(), PageWorker.class.getName()));
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD);
    builder.environment().keySet().removeIf(name -> !KEPT.contains(name.toUpperCase(Locale.ROOT)));
    return builder;
  }

  private static String classPath() throws IOException {
    Set<String> path = new LinkedHashSet<>();
    for (Class<?> needed : NEEDED) {
      path.add(place(needed).toString());
    }
    return String.join(File.pathSeparator, path);
  }

  private static Path place(Class<?> needed) throws IOException {
    CodeSource source = needed.getProtectionDomain().getCodeSource();
    if (source == null || source.getLocation() == null) {
      throw new IOException("the file of %s is not known".formatted(needed.getName()));
    }
    try {
      URI place = source.getLocation().toURI();
      if (!"file".equals(place.getScheme())) {
        throw new IOException(
            "%s is at %s, and no file of its own".formatted(needed.getName(), place));
      }
      return Path.of(place);
    } catch (URISyntaxException e) {
      throw new IOException("the file of %s has no path".formatted(needed.getName()), e);
    }
  }
}
