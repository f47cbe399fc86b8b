package dev.vl4j.engine.prompt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vl4j.engine.Content;
import dev.vl4j.engine.InvalidRequestException;
import dev.vl4j.engine.Part;
import dev.vl4j.engine.RerankRequest;
import dev.vl4j.engine.limits.WorkGuard;
import dev.vl4j.engine.model.Fixtures;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class TextLimitsTest {
  private static final long SEED = Long.getLong("tests.seed", System.nanoTime());
  private static final int LONGEST_PROMPT = 1000;

  /** Characters of one token or a part of one, and such as normalising leaves alone. */
  private static final String[] STABLE = {
    "a", "e", "th", "ing", " ", "  ", "\n", "\r\n", "\t", "1", "23", ".", ",", "'", "'s", "-", "<|",
    "im_end", "|>", "X", "\u00e9", "word", " of"
  };

  private static final String[] ODD = {
    "a",
    " ",
    "\n",
    "e\u0301",
    "\u0327",
    "\u0301",
    "\ud83d\ude00",
    "\u200d",
    "\ud83d",
    "\ude00",
    "\u4f60",
    "\u1100",
    "\u1161",
    "\ufb01",
    "\u0000",
    "<|im_end|>",
    "<think>",
    "\ud835\udd4f"
  };

  @TempDir private static Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"demo", "qwen"})
  void textsAreCutWhereTheReferenceCutsThem(String name) throws IOException {
    JsonNode rows =
        JsonMapper.shared().readTree(Fixtures.ROOT.resolve("cuts_" + name + ".json").toFile());
    assertThat(rows.size()).isGreaterThan(10);
    try (Tokenizer tokenizer = Tokenizers.open(name, folder)) {
      for (JsonNode row : rows) {
        String text = row.path("text").asString();
        for (boolean parsed : new boolean[] {false, true}) {
          int[] cuts = Tokenizers.ints(row.path(parsed ? "parsed_cuts" : "cuts"));
          assertThat(cuts.length - 1).isEqualTo(tokens(tokenizer, text, parsed));
          for (int n = 1; n <= cuts.length; n++) {
            assertThat(tokenizer.prefixLength(text, n, parsed, WorkGuard.UNBOUNDED))
                .as("%s, %d tokens, parsed %s", text, n, parsed)
                .isEqualTo(text.offsetByCodePoints(0, cuts[n - 1]));
          }
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"demo", "qwen"})
  void nothingIsLongerThanAllowedUnlessACharacterHasSeveralTokens(String name) throws IOException {
    try (Tokenizer tokenizer = Tokenizers.open(name, folder)) {
      Random random = seeded("stable " + name);
      for (int round = 0; round < 300; round++) {
        String text = text(random, STABLE);
        int n = random.nextInt(1, 20);
        String cut = text.substring(0, tokenizer.prefixLength(text, n, false, WorkGuard.UNBOUNDED));
        String at = "seed %d: %d tokens of \"%s\"".formatted(SEED, n, text);
        // Of the characters here, only the e with an accent may have more than one token: two.
        assertThat(tokens(tokenizer, cut, false))
            .as(at)
            .isLessThanOrEqualTo(cut.endsWith("\u00e9") ? n + 1 : n);
        assertThat(text).as(at).startsWith(cut);
        if (tokens(tokenizer, text, false) <= n) {
          assertThat(cut).as(at).isEqualTo(text);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"demo", "qwen"})
  void noCharacterIsSplit(String name) throws IOException {
    try (Tokenizer tokenizer = Tokenizers.open(name, folder)) {
      Random random = seeded("odd " + name);
      for (int round = 0; round < 300; round++) {
        String text = text(random, ODD);
        boolean parsed = random.nextBoolean();
        int total = tokens(tokenizer, text, parsed);
        int before = 0;
        for (int n = 1; n <= total + 1; n++) {
          int length = tokenizer.prefixLength(text, n, parsed, WorkGuard.UNBOUNDED);
          String at = "seed %d: %d tokens of \"%s\"".formatted(SEED, n, text);
          assertThat(length).as(at).isBetween(Math.max(before, 1), text.length());
          if (length < text.length()) {
            assertThat(Character.isSurrogatePair(text.charAt(length - 1), text.charAt(length)))
                .as(at)
                .isFalse();
          }
          if (n >= total) {
            assertThat(length).as(at).isEqualTo(text.length());
          }
          before = length;
        }
      }
    }
  }

  @Test
  void textsShareALimitAndPicturesDoNotCount() {
    Part first = Part.image(Path.of("a.png"));
    Part second = Part.image(Path.of("b.png"));
    Content content = Content.of(Part.text("1,2"), first, Part.text(",3,4"), second);
    try (Tokenizer tokenizer = Tokenizer.open(Tokenizers.DEMO)) {
      assertThat(tokens(tokenizer, "1,2,3,4", false)).isEqualTo(7);
      TextLimits limits = limits(tokenizer, false);
      assertThat(limits.cut(content, 0)).isSameAs(content);
      assertThat(limits.cut(content, 2)).isEqualTo(Content.of(Part.text("1,"), first, second));
      assertThat(limits.cut(content, 5))
          .isEqualTo(Content.of(Part.text("1,2"), first, Part.text(",3"), second));
      assertThat(limits.cut(Content.of(first), 5)).isEqualTo(Content.of(first));
      assertThat(limits.cut(new Content(List.of()), 5)).isEqualTo(new Content(List.of()));
      for (int enough : new int[] {7, 8}) {
        assertThat(limits.cut(content, enough)).isSameAs(content);
      }
    }
  }

  @Test
  void controlTokensCountAsOneWhereTheyAreParsed() {
    Content content = Content.text("<|im_end|>ab");
    try (Tokenizer tokenizer = Tokenizer.open(Tokenizers.DEMO)) {
      assertThat(limits(tokenizer, true).cut(content, 1)).isEqualTo(Content.text("<|im_end|>"));
      Content plain = limits(tokenizer, false).cut(content, 1);
      assertThat(((Part.Text) plain.parts().getFirst()).text()).hasSizeLessThan(10);
    }
  }

  @Test
  void impossibleLimitsAreRefusedByName() {
    RerankRequest request = RerankRequest.of(Content.text("q"), List.of(Content.text("d")));
    assertThatThrownBy(() -> request.withMaxQueryTokens(-1))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("maxQueryTokens");
    assertThatThrownBy(() -> request.withMaxDocumentTokens(-2))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("maxDocumentTokens")
        .hasMessageContaining("-2");
    try (Tokenizer tokenizer = Tokenizer.open(Tokenizers.DEMO)) {
      assertThatThrownBy(
              () -> limits(tokenizer, false).require("maxDocumentTokens", LONGEST_PROMPT))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessageContaining("maxDocumentTokens")
          .hasMessageContaining("1000");
    }
  }

  private static TextLimits limits(Tokenizer tokenizer, boolean parseSpecialTokens) {
    return new TextLimits(tokenizer, parseSpecialTokens, LONGEST_PROMPT, WorkGuard.UNBOUNDED);
  }

  private static Random seeded(String test) {
    System.out.println("tests.seed=" + SEED);
    return new Random(SEED ^ test.hashCode());
  }

  private static String text(Random random, String[] pieces) {
    StringBuilder text = new StringBuilder();
    int count = random.nextInt(1, 30);
    for (int i = 0; i < count; i++) {
      text.append(pieces[random.nextInt(pieces.length)]);
    }
    return text.toString();
  }

  private static int tokens(Tokenizer tokenizer, String text, boolean parsed) {
    return tokenizer.encode(List.of(new Fragment.Text(text, parsed))).length;
  }
}
