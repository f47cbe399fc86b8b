package dev.vl4j.search;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What an index says of itself, in each of its commits.
 *
 * @param settings of all vectors
 * @param root the indexed folder's real path
 * @param dimensions of each vector
 */
record IndexManifest(IndexSettings settings, Path root, int dimensions) {
  private static final String FORMAT = "vl4j.search.format";
  private static final String MODEL = "vl4j.search.model";
  private static final String FINGERPRINT = "vl4j.search.fingerprint";
  private static final String PICTURES = "vl4j.search.pictures";
  private static final String INSTRUCTION = "vl4j.search.instruction";
  private static final String PIECE_LENGTH = "vl4j.search.piece_length";
  private static final String ROOT = "vl4j.search.root";
  private static final String DIMENSIONS = "vl4j.search.dimensions";

  /** Of what {@link IndexDocuments} writes. */
  private static final String CURRENT_FORMAT = "1";

  Map<String, String> toMap() {
    Map<String, String> map = new HashMap<>();
    map.put(FORMAT, CURRENT_FORMAT);
    map.put(MODEL, settings.model());
    map.put(FINGERPRINT, settings.fingerprint());
    map.put(PICTURES, settings.pictures());
    if (settings.instruction() != null) {
      map.put(INSTRUCTION, settings.instruction());
    }
    map.put(PIECE_LENGTH, Integer.toString(settings.pieceLength()));
    map.put(ROOT, root.toString());
    map.put(DIMENSIONS, Integer.toString(dimensions));
    return map;
  }

  /**
   * Reads what a commit says.
   *
   * @param index what messages call it
   * @throws SearchException if it is no index of this module's, or of another format
   */
  static IndexManifest of(Map<String, String> map, Path index) {
    String format = map.get(FORMAT);
    if (format == null) {
      throw new SearchException(
          index + " is a Lucene index of another program, and none of vl4j search");
    }
    if (!format.equals(CURRENT_FORMAT)) {
      throw new SearchException(
          "%s has the index format %s, and this version of vl4j reads %s; make it anew with this one"
              .formatted(index, format, CURRENT_FORMAT));
    }
    return new IndexManifest(
        new IndexSettings(
            value(map, MODEL),
            value(map, FINGERPRINT),
            value(map, PICTURES),
            optional(map, INSTRUCTION),
            Integer.parseInt(value(map, PIECE_LENGTH))),
        Path.of(value(map, ROOT)),
        Integer.parseInt(value(map, DIMENSIONS)));
  }

  private static String value(Map<String, String> map, String key) {
    return Objects.requireNonNull(map.get(key), key);
  }

  private static @Nullable String optional(Map<String, String> map, String key) {
    return map.get(key);
  }
}
