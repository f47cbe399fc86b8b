package dev.vl4j.server.batch;

import java.io.InputStream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;

/** Reads from answers what a later run wants to know of them, in memory that has a bound. */
final class AnsweredLines implements AutoCloseable {
  /**
   * One answer.
   *
   * @param id empty if it has none
   * @param failed whether it is an error
   */
  record Answer(String id, boolean failed) {}

  /** Answers repeat what lines hold, deeper inside; so this is more than lines may have. */
  private static final int DEEPEST = 2 * StreamReadConstraints.DEFAULT_MAX_DEPTH;

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(DEEPEST).build())
          .build();

  private final JsonParser parser;

  AnsweredLines(InputStream complete) {
    parser = FACTORY.createParser(ObjectReadContext.empty(), complete);
  }

  /**
   * The next answer, or null behind the last.
   *
   * @throws tools.jackson.core.JacksonException if there is no JSON
   */
  @Nullable Answer next() {
    JsonToken start = parser.nextToken();
    if (start == null) {
      return null;
    }
    String id = "";
    boolean failed = false;
    if (start == JsonToken.START_OBJECT) {
      while (parser.nextToken() != JsonToken.END_OBJECT) {
        String name = parser.currentName();
        JsonToken value = parser.nextToken();
        if (name.equals("id") && value == JsonToken.VALUE_STRING) {
          id = parser.getString();
        }
        failed |= name.equals("error") && value != JsonToken.VALUE_NULL;
        parser.skipChildren();
      }
    } else {
      parser.skipChildren();
    }
    return new Answer(id, failed);
  }

  @Override
  public void close() {
    parser.close();
  }
}
