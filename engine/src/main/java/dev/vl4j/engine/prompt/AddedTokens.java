package dev.vl4j.engine.prompt;

import dev.vl4j.engine.ModelException;
import java.util.BitSet;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * The tokens that a tokenizer.json matches in raw text before anything else, leftmost first and the
 * longest of those.
 */
final class AddedTokens {
  private static final List<String> UNSUPPORTED =
      List.of("lstrip", "rstrip", "single_word", "normalized");

  private final Map<String, Integer> ids = new LinkedHashMap<>();
  private final BitSet special = new BitSet();
  private final @Nullable Pattern ordinary;
  private final @Nullable Pattern all;

  /**
   * @param array {@code added_tokens} of a tokenizer.json
   * @throws ModelException if a token has a matching rule that is not supported
   */
  AddedTokens(JsonNode array) {
    Comparator<String> longestFirst =
        Comparator.comparingInt(String::length).reversed().thenComparing(String::compareTo);
    TreeSet<String> ordinaryTokens = new TreeSet<>(longestFirst);
    TreeSet<String> allTokens = new TreeSet<>(longestFirst);
    for (JsonNode token : array) {
      JsonNode content = token.path("content");
      JsonNode id = token.path("id");
      if (!content.isString() || content.asString().isEmpty() || !id.isInt() || id.intValue() < 0) {
        throw new ModelException("an added token has no content or no id from 0 on: " + token);
      }
      String text = content.asString();
      for (String flag : UNSUPPORTED) {
        if (token.path(flag).asBoolean(false)) {
          throw new ModelException(
              "the added token %s has %s set, which is not supported".formatted(text, flag));
        }
      }
      ids.put(text, id.asInt());
      allTokens.add(text);
      if (token.path("special").asBoolean(false)) {
        special.set(id.asInt());
      } else {
        ordinaryTokens.add(text);
      }
    }
    ordinary = anyOf(ordinaryTokens);
    all = anyOf(allTokens);
  }

  /** The id of an added token, or null. */
  @Nullable Integer idOf(String token) {
    return ids.get(token);
  }

  /** All added tokens. */
  Map<String, Integer> ids() {
    return Collections.unmodifiableMap(ids);
  }

  /** The ids of those that are special. */
  BitSet special() {
    return (BitSet) special.clone();
  }

  /** What finds added tokens in text, or null if there are none. */
  @Nullable Pattern pattern(boolean parseSpecialTokens) {
    return parseSpecialTokens ? all : ordinary;
  }

  private static @Nullable Pattern anyOf(SortedSet<String> longestFirst) {
    if (longestFirst.isEmpty()) {
      return null;
    }
    // Most text is passed over by a look at one character, not by one at each token.
    String beginnings =
        longestFirst.stream()
            .map(token -> "\\x{%x}".formatted(token.codePointAt(0)))
            .distinct()
            .collect(Collectors.joining());
    String tokens = longestFirst.stream().map(Pattern::quote).collect(Collectors.joining("|"));
    return Pattern.compile("(?=[" + beginnings + "])(?:" + tokens + ")");
  }
}
