package dev.vl4j.engine;

import dev.vl4j.engine.vision.PageReader;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;

/** The pages of documents. */
public final class Pages {
  private Pages() {}

  /**
   * How many pages a PDF file has, which is opened to count them.
   *
   * @param pdf no page itself
   * @throws InvalidRequestException if it cannot be read, or the library {@code vl4j-pdf} is not
   *     there
   */
  public static int count(ImageSource pdf) {
    Objects.requireNonNull(pdf, "pdf");
    return PageReader.count(pdf);
  }

  /**
   * All pages of a PDF file, which is opened to count them; see {@link Part#page(Path, int)}.
   *
   * @throws InvalidRequestException if it cannot be read, or the library {@code vl4j-pdf} is not
   *     there
   */
  public static List<Part> of(Path pdf) {
    Objects.requireNonNull(pdf, "pdf");
    int pages = PageReader.count(new ImageSource.File(pdf));
    return IntStream.rangeClosed(1, pages).mapToObj(number -> Part.page(pdf, number)).toList();
  }
}
