package dev.vl4j.spark;

import dev.vl4j.engine.Content;
import dev.vl4j.engine.ImageSource;
import dev.vl4j.engine.Part;
import dev.vl4j.engine.VideoSampling;
import dev.vl4j.engine.VideoSource;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.BinaryType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StringType;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/**
 * The columns that a query or a document is made of. Its parts are in the order in which models
 * read them: videos, images, texts.
 *
 * @param what messages call it
 */
record ContentColumns(
    String what, @Nullable Column text, @Nullable Column image, @Nullable Column video)
    implements Serializable {
  /** A column by its name and its place in the row. */
  record Column(String name, int index) implements Serializable {}

  /**
   * Finds columns in a schema and checks their types.
   *
   * @param params names of the params for text, image and video
   * @param names of the columns, null for none
   * @throws IllegalArgumentException if there is none, one is not there, or has another type
   */
  static ContentColumns of(
      StructType schema, String what, List<String> params, List<@Nullable String> names) {
    if (names.stream().allMatch(name -> name == null)) {
      throw new IllegalArgumentException(
          "%s: expected at least one of the params %s".formatted(what, String.join(", ", params)));
    }
    return new ContentColumns(
        what,
        column(schema, params.get(0), names.get(0), false),
        column(schema, params.get(1), names.get(1), true),
        column(schema, params.get(2), names.get(2), true));
  }

  private static @Nullable Column column(
      StructType schema, String param, @Nullable String name, boolean media) {
    if (name == null) {
      return null;
    }
    String[] known = schema.fieldNames();
    int index = List.of(known).indexOf(name);
    if (index < 0) {
      throw new IllegalArgumentException(
          "%s: there is no column %s among %s".formatted(param, name, String.join(", ", known)));
    }
    if (List.of(known).lastIndexOf(name) != index) {
      throw new IllegalArgumentException("%s: there are several columns %s".formatted(param, name));
    }
    DataType type = schema.fields()[index].dataType();
    DataType single = media && type instanceof ArrayType array ? array.elementType() : type;
    if (!(single instanceof StringType || (media && single instanceof BinaryType))) {
      throw new IllegalArgumentException(
          "%s: expected column %s of type %s, found %s"
              .formatted(
                  param,
                  name,
                  media ? "binary, string, or an array of one of them" : "string",
                  type.simpleString()));
    }
    return new Column(name, index);
  }

  /** Whether there may be images or videos. */
  boolean hasMedia() {
    return image != null || video != null;
  }

  /** Adds the URIs in a row. */
  void addUris(Row row, Set<String> uris) {
    for (Object value : concat(values(row, image), values(row, video))) {
      if (value instanceof String uri) {
        uris.add(uri);
      }
    }
  }

  /**
   * The query or document in a row. What is null is left out.
   *
   * @throws RowFailure if everything is null, or a file cannot be read
   */
  Content content(Row row, BlockMedia media) throws RowFailure {
    List<Part> parts = new ArrayList<>();
    if (video != null) {
      for (Object value : values(row, video)) {
        BlockMedia.Medium medium = media.medium(video.name(), required(video, value));
        parts.add(
            Part.video(
                new VideoSource.Encoded(medium.bytes(), medium.name()), VideoSampling.DEFAULT));
      }
    }
    if (image != null) {
      for (Object value : values(row, image)) {
        BlockMedia.Medium medium = media.medium(image.name(), required(image, value));
        parts.add(new Part.Image(new ImageSource.Encoded(medium.bytes(), medium.name())));
      }
    }
    if (text != null && !row.isNullAt(text.index())) {
      parts.add(Part.text(row.getString(text.index())));
    }
    if (parts.isEmpty()) {
      throw new RowFailure("the %s is null".formatted(what));
    }
    return new Content(parts);
  }

  /** How many bytes of images and videos a query or document has. */
  static long mediaBytes(Content content) {
    long bytes = 0;
    for (Part part : content.parts()) {
      if (part instanceof Part.Image(ImageSource.Encoded(byte[] encoded, _))) {
        bytes += encoded.length;
      } else if (part instanceof Part.Video(VideoSource.Encoded(byte[] encoded, _), _)) {
        bytes += encoded.length;
      }
    }
    return bytes;
  }

  private static Object required(Column column, @Nullable Object value) throws RowFailure {
    if (value == null) {
      throw new RowFailure("%s: an element is null".formatted(column.name()));
    }
    return value;
  }

  /** The elements of a column: none for null, one for what is no array. */
  private static List<@Nullable Object> values(Row row, @Nullable Column column) {
    if (column == null || row.isNullAt(column.index())) {
      return List.of();
    }
    Object value = row.get(column.index());
    return value instanceof byte[] || value instanceof String
        ? List.of(value)
        : row.getList(column.index());
  }

  private static List<@Nullable Object> concat(
      List<@Nullable Object> first, List<@Nullable Object> second) {
    List<@Nullable Object> both = new ArrayList<>(first);
    both.addAll(second);
    return both;
  }
}
