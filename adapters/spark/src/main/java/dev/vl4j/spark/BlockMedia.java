package dev.vl4j.spark;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;

/**
 * The images and videos of some rows that are read together. Equal ones are one array, so that rows
 * with the same query have an equal one.
 */
final class BlockMedia {
  /**
   * An image or a video.
   *
   * @param name what messages call it
   */
  record Medium(byte[] bytes, String name) {}

  private final Map<String, MediaFiles.Found> files;
  private final Map<ByteBuffer, byte[]> arrays = new HashMap<>();

  /**
   * @param files what was found by all URIs that the rows have
   */
  BlockMedia(Map<String, MediaFiles.Found> files) {
    this.files = files;
  }

  /**
   * An element of a column: bytes, or a URI.
   *
   * @throws RowFailure if there is nothing at the URI
   */
  Medium medium(String column, Object value) throws RowFailure {
    if (value instanceof byte[] bytes) {
      return new Medium(
          arrays.computeIfAbsent(ByteBuffer.wrap(bytes), _ -> bytes), "column " + column);
    }
    String uri = (String) value;
    MediaFiles.Found found = files.get(uri);
    if (found == null) {
      throw new IllegalStateException("nobody has read " + uri);
    }
    if (found.failure() != null) {
      throw new RowFailure(column + ": " + found.failure());
    }
    return new Medium(found.bytes(), uri);
  }
}
