package dev.vl4j.server.api;

import dev.vl4j.engine.Content;
import dev.vl4j.engine.Part;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * A query or a document as a body has it: pictures and videos by their URLs. Its order has no
 * meaning, as that of {@link ImageUrl}.
 *
 * @param texts which the model reads after the pictures, joined by line breaks
 */
public record ContentBody(List<ImageUrl> images, List<String> texts)
    implements Comparable<ContentBody> {
  static final ContentBody EMPTY = new ContentBody(List.of(), List.of());

  public ContentBody {
    images = List.copyOf(images);
    texts = List.copyOf(texts);
  }

  @Override
  public int compareTo(ContentBody other) {
    int byTexts = Arrays.compare(texts.toArray(String[]::new), other.texts.toArray(String[]::new));
    return byTexts != 0
        ? byTexts
        : Arrays.compare(images.toArray(ImageUrl[]::new), other.images.toArray(ImageUrl[]::new));
  }

  static ContentBody text(String text) {
    return new ContentBody(List.of(), List.of(text));
  }

  /** All pictures of queries and documents. */
  static List<ImageUrl> images(List<ContentBody> queries, List<ContentBody> documents) {
    return Stream.concat(queries.stream(), documents.stream())
        .flatMap(content -> content.images().stream())
        .toList();
  }

  /**
   * What the engine is asked about.
   *
   * @param pictures of this content's URLs, at least
   */
  public Content content(Map<ImageUrl, Part> pictures) {
    List<Part> parts = new ArrayList<>();
    for (ImageUrl image : images) {
      parts.add(Objects.requireNonNull(pictures.get(image)));
    }
    if (!texts.isEmpty()) {
      parts.add(Part.text(String.join("\n", texts)));
    }
    return new Content(parts);
  }
}
