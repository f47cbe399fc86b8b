package dev.vl4j.engine;

import java.nio.file.Path;
import java.util.List;

/**
 * A query or a document: any mix of texts and images. The model reads all images first, then all
 * texts, each in the order given here.
 *
 * @param parts may be empty; copied
 */
public record Content(List<Part> parts) {
  public Content {
    parts = List.copyOf(parts);
  }

  /** A text. */
  public static Content text(String text) {
    return of(Part.text(text));
  }

  /** An image file, as {@link Part#image(Path)} has it. */
  public static Content image(Path file) {
    return of(Part.image(file));
  }

  /** An encoded image, as {@link Part#image(byte[])} has it. */
  public static Content image(byte[] encoded) {
    return of(Part.image(encoded));
  }

  /** A mix of texts and images. */
  public static Content of(Part... parts) {
    return new Content(List.of(parts));
  }
}
