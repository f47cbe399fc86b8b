package dev.vl4j.engine;

import java.nio.file.Path;
import java.util.List;

/**
 * A query or a document: any mix of text and images. The model reads all images first, then all
 * texts, each in the order given here.
 */
public record Content(List<Part> parts) {
  public Content {
    parts = List.copyOf(parts);
  }

  public static Content text(String text) {
    return of(Part.text(text));
  }

  public static Content image(Path file) {
    return of(Part.image(file));
  }

  public static Content image(byte[] encoded) {
    return of(Part.image(encoded));
  }

  public static Content of(Part... parts) {
    return new Content(List.of(parts));
  }
}
