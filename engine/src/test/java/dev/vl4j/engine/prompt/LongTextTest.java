package dev.vl4j.engine.prompt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vl4j.engine.InvalidRequestException;
import dev.vl4j.engine.limits.WorkGuard;
import dev.vl4j.testkit.Seeds;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Texts that are tokenized part by part, or not to their end, against the whole at once. */
@Execution(ExecutionMode.CONCURRENT)
class LongTextTest {
  private static final long SEED = Long.getLong("tests.seed", System.nanoTime());
  private static final int ROUNDS =
      Integer.getInteger("tests.rounds", Seeds.thorough() ? 2000 : 700);

  /** White space, words and marks that the splitting pattern and NFC treat differently. */
  private static final String[] PIECES = {
    "a",
    "The",
    "'s",
    "'",
    "'LL",
    " ",
    "  ",
    "\t",
    "\n",
    "\r\n",
    "\r",
    "\u00a0",
    "\u3000",
    "\u2028",
    "\u0085",
    "\u180e",
    "\u200b",
    "\ufeff",
    "\u001c",
    "\u007f",
    "1",
    "42",
    "\u0663",
    "\u00bd",
    ".",
    ", ",
    "--",
    "_",
    "=",
    "<",
    "\u00e9",
    "e\u0301",
    "\u0301",
    "\u0327",
    "\u0338",
    "\u0345",
    "\u212a",
    "\u212b",
    "\u4f60\u597d",
    "\u4e16",
    "\u3002",
    "\uff0c",
    "\u304b\u3099",
    "\u3099",
    "\ud55c",
    "\u1112\u1161\u11ab",
    "\u11ab",
    "\u0e2a\u0e27",
    "\u0646\u0635",
    "\u043f\u0440\u0438",
    "\ud83d\ude00",
    "\u200d",
    "\ud835\udd4f",
    "<|im_end|>",
    "<think>",
    "<",
    "\ufb01",
    "\u0000",
    "ing",
    " of",
    "\n\n",
    "\n ",
    " \n",
    "0\n"
  };

  @TempDir private static Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"demo", "qwen"})
  void partsHaveTheTokensOfTheWhole(String name) throws IOException {
    Random random = seeded("parts " + name);
    try (Tokenizer whole = open(name, TextCuts.NONE);
        Tokenizer parts = open(name, new TextCuts(1))) {
      for (int round = 0; round < ROUNDS; round++) {
        List<Fragment> text = text(random, random.nextInt(1, 40));
        String at = "seed %d: %s".formatted(SEED, text);
        int[] ids = whole.encode(text);
        assertThat(parts.encode(text)).as(at).isEqualTo(ids);
        int limit = random.nextInt(ids.length + 2);
        int[] limited = parts.encode(text, limit, WorkGuard.UNBOUNDED);
        if (ids.length <= limit) {
          assertThat(limited).as(at).isEqualTo(ids);
        } else {
          assertThat(limited == null || limited.length == ids.length).as(at).isTrue();
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"demo", "qwen"})
  void partsAreCutWhereTheWholeIs(String name) throws IOException {
    Random random = seeded("cut " + name);
    try (Tokenizer whole = open(name, TextCuts.NONE);
        Tokenizer parts = open(name, new TextCuts(1))) {
      for (int round = 0; round < ROUNDS; round++) {
        Fragment.Text text = (Fragment.Text) text(random, random.nextInt(1, 40)).getFirst();
        int limit = random.nextInt(1, 60);
        assertThat(
                parts.prefixLength(
                    text.text(), limit, text.parseSpecialTokens(), WorkGuard.UNBOUNDED))
            .as("seed %d: %d tokens of %s", SEED, limit, text)
            .isEqualTo(
                whole.prefixLength(
                    text.text(), limit, text.parseSpecialTokens(), WorkGuard.UNBOUNDED));
      }
    }
  }

  /** Text of which some tokens are enough to know; all of it would take a minute or more. */
  @ParameterizedTest
  @ValueSource(strings = {"a few words and 1 number. ", "line\n", "\u4f60\u597d\u3002", "7"})
  void whatIsFarTooLongIsKnownAtOnce(String unit) throws IOException {
    String text = unit.repeat((64 << 20) / unit.length());
    try (Tokenizer tokenizer = Tokenizers.open("qwen", folder)) {
      assertThat(tokenizer.encode(List.of(new Fragment.Text(text)), 262_144, WorkGuard.UNBOUNDED))
          .isNull();
    }
  }

  /** The native library cannot be stopped, so it is not given what takes long. */
  @ParameterizedTest
  @ValueSource(strings = {"x", "-", " ", "\u0301\u0323", "\u4f60", "\ud83d\ude00"})
  void wordsThatAreTooLongAreRefused(String unit) throws IOException {
    String longest = unit.repeat(TextCuts.LONGEST / unit.length());
    for (String name : List.of("demo", "qwen")) {
      try (Tokenizer tokenizer = Tokenizers.open(name, folder)) {
        assertThat(tokenizer.encode(List.of(new Fragment.Text(longest)))).isNotEmpty();
        assertThat(tokenizer.prefixLength(longest, 1, true, WorkGuard.UNBOUNDED)).isPositive();
        Fragment.Text longer = new Fragment.Text("a " + longest + unit);
        assertThatThrownBy(() -> tokenizer.encode(List.of(longer)))
            .isInstanceOf(InvalidRequestException.class)
            .hasMessageContaining("131072 characters");
        assertThatThrownBy(
                () -> tokenizer.prefixLength(longer.text(), 9, true, WorkGuard.UNBOUNDED))
            .isInstanceOf(InvalidRequestException.class)
            .hasMessageContaining("131072 characters");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"demo", "qwen"})
  void longTextsAreCutAsShortOnesAre(String name) throws IOException {
    String text = "A few words, and 12 more.\n".repeat(100_000);
    try (Tokenizer tokenizer = Tokenizers.open(name, folder)) {
      String beginning = text.substring(0, 10_000);
      for (int tokens : new int[] {1, 77, 2000}) {
        assertThat(tokenizer.prefixLength(text, tokens, false, WorkGuard.UNBOUNDED))
            .isEqualTo(tokenizer.prefixLength(beginning, tokens, false, WorkGuard.UNBOUNDED));
      }
    }
  }

  private static Tokenizer open(String name, TextCuts cuts) throws IOException {
    try (Tokenizer _ = Tokenizers.open(name, folder)) { // unpacks it
      return Tokenizer.open(
          name.equals("demo") ? Tokenizers.DEMO : folder.resolve("tokenizer.json"), cuts);
    }
  }

  private static Random seeded(String test) {
    System.out.println("tests.seed=" + SEED);
    return new Random(SEED ^ test.hashCode());
  }

  private static List<Fragment> text(Random random, int count) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < count; i++) {
      text.append(PIECES[random.nextInt(PIECES.length)]);
    }
    return List.of(new Fragment.Text(text.toString(), random.nextBoolean()));
  }
}
