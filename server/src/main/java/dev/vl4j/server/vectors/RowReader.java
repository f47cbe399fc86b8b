package dev.vl4j.server.vectors;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.json.JsonMapper;

/** Reads rows from JSON Lines, one at a time. */
final class RowReader implements AutoCloseable {
  private static final ObjectReader READER =
      JsonMapper.builder()
          .build()
          .readerFor(JsonNode.class)
          .without(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private final Path file;
  private final int bytes;
  private final JsonParser parser;
  private long number;

  /**
   * @param bytes of each vector
   */
  RowReader(Path file, int bytes) throws IOException {
    this.file = file;
    this.bytes = bytes;
    parser = READER.createParser(Files.newInputStream(file));
  }

  /**
   * The next row, or null behind the last.
   *
   * @throws IOException if there is no row of a vector's length
   */
  @Nullable Row next() throws IOException {
    try {
      if (parser.nextToken() == null) {
        return null;
      }
      JsonNode row = READER.readValue(parser);
      String error = text(row.path("error").get("message"));
      byte[] vector =
          error == null ? Base64.getDecoder().decode(row.path("embedding").stringValue("")) : null;
      if (vector != null && vector.length != bytes) {
        throw damaged("its vector has %d bytes, not %d".formatted(vector.length, bytes), null);
      }
      JsonNode scale = row.get("scale");
      return new Row(
          number++,
          text(row.get("custom_id")),
          vector,
          scale == null ? null : scale.floatValue(),
          row.path("tokens").intValue(0),
          error);
    } catch (JacksonException | IllegalArgumentException e) {
      throw damaged("it is no row", e);
    }
  }

  private IOException damaged(String reason, @Nullable Exception cause) {
    return new IOException(
        "%s, line %d: %s".formatted(file.getFileName(), number + 1, reason), cause);
  }

  private static @Nullable String text(@Nullable JsonNode node) {
    if (node == null || node.isNull()) {
      return null;
    }
    return node.isString() ? node.stringValue() : node.toString();
  }

  @Override
  public void close() {
    parser.close();
  }
}
