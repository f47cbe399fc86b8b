package dev.vl4j.engine;

import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/** Where the bytes of an encoded image come from. */
public sealed interface ImageSource {
  /** How names of files end in the formats that models read, in small letters. */
  List<String> FILE_ENDINGS =
      List.of("png", "jpg", "jpeg", "jpe", "jfif", "gif", "bmp", "dib", "tif", "tiff", "webp");

  /** What error messages call this image. */
  String name();

  /**
   * A file in any supported format, called by its path.
   *
   * @param path read when the request runs
   */
  record File(Path path) implements ImageSource {
    /**
     * @throws NullPointerException if the path is null
     */
    public File {
      Objects.requireNonNull(path, "path");
    }

    @Override
    public String name() {
      return path.toString();
    }
  }

  /**
   * The bytes of a file in any supported format.
   *
   * @param bytes not copied: they must not change until the request has ended
   * @param name what error messages call the image
   */
  record Encoded(byte[] bytes, String name) implements ImageSource {
    /** The name of an image that has none: error messages say where in its request it is. */
    static final String UNNAMED = "image";

    /**
     * @throws NullPointerException if there are no bytes, or no name
     */
    public Encoded {
      Objects.requireNonNull(bytes, "bytes");
      Objects.requireNonNull(name, "name");
    }
  }

  /**
   * A page of a PDF file, which is drawn in the size that the model takes. The library {@code
   * vl4j-pdf} has to be there.
   *
   * @param document the PDF file; no page itself
   * @param number of the page, from 1
   */
  record Page(ImageSource document, int number) implements ImageSource {
    /**
     * @throws IllegalArgumentException if the number is below 1, or the document is a page
     * @throws NullPointerException if there is no document
     */
    public Page {
      Objects.requireNonNull(document, "document");
      if (document instanceof Page) {
        throw new IllegalArgumentException("document: expected a file, found a page");
      }
      Arguments.requireAtLeast("number", number, 1);
    }

    @Override
    public String name() {
      return document.name() + ", page " + number;
    }
  }
}
