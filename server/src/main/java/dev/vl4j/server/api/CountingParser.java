package dev.vl4j.server.api;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.SerializableString;
import tools.jackson.core.TokenStreamContext;
import tools.jackson.core.sym.PropertyNameMatcher;
import tools.jackson.core.util.JsonParserDelegate;

/**
 * Reads JSON as far as a request may be long: a value takes some ten times as much memory as its
 * text, so what is too much is refused before it is there.
 *
 * <p>Elements of a list in the body's own fields are documents, or prompts, and those of deeper
 * lists their parts; numbers are token ids, wherever they stand in a list.
 */
final class CountingParser extends JsonParserDelegate {
  /** What a value takes, about, with its name and its place in an object or a list. */
  private static final int VALUE_BYTES = 100;

  private static final int NUMBER_BYTES = 32;

  /** Memory is asked for in such pieces. */
  private static final int STEP_BYTES = 1 << 17;

  /** Values that every body may have. */
  private static final int FEW_VALUES = 1024;

  /** Values that the parts of a request consist of, at most, and fields that nobody knows. */
  private static final int VALUES_OF_A_PART = 8;

  /** What is nested so deep stands in a list of the body's own fields. */
  private static final int FIELDS_DEPTH = 2;

  private final BodyLimits limits;
  private final long mostValues;
  private long values;
  private long numbers;
  private long parts;
  private long elements;
  private long bytes;

  CountingParser(JsonParser parser, BodyLimits limits) {
    super(parser);
    this.limits = limits;
    mostValues = (long) VALUES_OF_A_PART * limits.limits().parts() + FEW_VALUES;
  }

  @Override
  public @Nullable JsonToken nextToken() {
    JsonToken token = super.nextToken();
    if (token != null && (token.isScalarValue() || token.isStructStart())) {
      count(token);
    }
    return token;
  }

  private void count(JsonToken token) {
    boolean container = token.isStructStart();
    TokenStreamContext context = container ? streamReadContext().getParent() : streamReadContext();
    boolean inList = context != null && context.inArray();
    int depth = context == null ? 0 : context.getNestingDepth();
    if (container && depth == FIELDS_DEPTH - 1) {
      elements = 0;
    }
    if (inList && token.isNumeric()) {
      numbers = require(numbers, limits.limits().requestTokens(), "numbers in lists");
    } else if (inList && depth == FIELDS_DEPTH) {
      elements = require(elements, limits.limits().documents(), "elements in " + field());
    } else if (inList) {
      parts = require(parts, limits.limits().parts(), "texts and images");
    }
    values = require(values, mostValues + numbers, "values");
    bytes += token.isNumeric() ? NUMBER_BYTES : VALUE_BYTES;
    if (bytes >= STEP_BYTES) {
      limits.memory().accept(bytes);
      bytes = 0;
    }
  }

  private String field() {
    TokenStreamContext context = streamReadContext();
    while (context.getNestingDepth() > FIELDS_DEPTH - 1 && context.getParent() != null) {
      context = context.getParent();
    }
    return String.valueOf(context.currentName());
  }

  private static long require(long before, long most, String what) {
    if (before >= most) {
      throw ApiException.badRequest(
          "%s: expected %d at most in one request, found more".formatted(what, most), null, null);
    }
    return before + 1;
  }

  // What else moves a parser would pass by what is counted.

  @Override
  public @Nullable JsonToken nextValue() {
    JsonToken token = nextToken();
    return token == JsonToken.PROPERTY_NAME ? nextToken() : token;
  }

  @Override
  public @Nullable String nextName() {
    return nextToken() == JsonToken.PROPERTY_NAME ? currentName() : null;
  }

  @Override
  public boolean nextName(SerializableString name) {
    return name.getValue().equals(nextName());
  }

  @Override
  public int nextNameMatch(PropertyNameMatcher matcher) {
    String name = nextName();
    if (name != null) {
      return matcher.matchName(name);
    }
    return hasToken(JsonToken.END_OBJECT)
        ? PropertyNameMatcher.MATCH_END_OBJECT
        : PropertyNameMatcher.MATCH_ODD_TOKEN;
  }
}
