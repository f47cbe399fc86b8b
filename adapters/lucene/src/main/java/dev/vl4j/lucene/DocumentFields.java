package dev.vl4j.lucene;

import static java.util.Objects.requireNonNull;

import dev.vl4j.engine.Content;
import dev.vl4j.engine.InvalidRequestException;
import dev.vl4j.engine.Part;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.apache.lucene.document.Document;
import org.apache.lucene.index.IndexableField;
import org.apache.lucene.index.StoredFields;
import org.apache.lucene.util.BytesRef;

/**
 * Which stored fields of a document a model reads. A field may have several values, which are read
 * in their order; the model reads all pictures first.
 *
 * @param texts names of fields with texts; copied
 * @param images names of fields with pictures, each as the bytes of a file in a format that the
 *     engine reads, or as a string, the path of one; copied
 */
public record DocumentFields(List<String> texts, List<String> images) {
  /**
   * @throws IllegalArgumentException if no field is named
   * @throws NullPointerException if a list or a name is null
   */
  public DocumentFields {
    requireNonNull(texts, "texts");
    requireNonNull(images, "images");
    texts = List.copyOf(texts);
    images = List.copyOf(images);
    if (texts.isEmpty() && images.isEmpty()) {
      throw new IllegalArgumentException("fields: expected at least one, found none");
    }
  }

  /** Fields with texts. */
  public static DocumentFields ofText(String... names) {
    return new DocumentFields(Arrays.asList(requireNonNull(names, "names")), List.of());
  }

  /** Fields with pictures. */
  public static DocumentFields ofImages(String... names) {
    return new DocumentFields(List.of(), Arrays.asList(requireNonNull(names, "names")));
  }

  /** The same with other fields of pictures. */
  public DocumentFields withImages(String... names) {
    return new DocumentFields(texts, Arrays.asList(requireNonNull(names, "names")));
  }

  /**
   * What a model reads of a document.
   *
   * @param document its number in the index
   * @throws InvalidRequestException if the document stores none of the fields, or something else in
   *     one of them
   */
  Content content(StoredFields stored, int document) throws IOException {
    Set<String> names = new TreeSet<>(texts);
    names.addAll(images);
    Document fields = stored.document(document, names);
    List<Part> parts = new ArrayList<>();
    for (String name : images) {
      for (IndexableField field : fields.getFields(name)) {
        parts.add(image(field, document));
      }
    }
    for (String name : texts) {
      for (IndexableField field : fields.getFields(name)) {
        String text = field.stringValue();
        if (text == null) {
          throw new InvalidRequestException(
              "document %d, field %s: expected a text, found bytes".formatted(document, name));
        }
        parts.add(Part.text(text));
      }
    }
    if (parts.isEmpty()) {
      throw new InvalidRequestException(
          "document %d: expected a stored value of %s, found none"
              .formatted(document, String.join(", ", names)));
    }
    return new Content(parts);
  }

  private static Part image(IndexableField field, int document) {
    BytesRef bytes = field.binaryValue();
    if (bytes != null) {
      return Part.image(Arrays.copyOfRange(bytes.bytes, bytes.offset, bytes.offset + bytes.length));
    }
    if (field.numericValue() != null) {
      throw new InvalidRequestException(
          "document %d, field %s: expected a picture or its path, found a number"
              .formatted(document, field.name()));
    }
    String path = requireNonNull(field.stringValue(), field.name());
    try {
      return Part.image(Path.of(path));
    } catch (InvalidPathException e) {
      throw new InvalidRequestException(
          "document %d, field %s: expected a path, found %s"
              .formatted(document, field.name(), e.getMessage()),
          e);
    }
  }
}
