package dev.vl4j.engine.prompt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vl4j.engine.Content;
import dev.vl4j.engine.InvalidRequestException;
import dev.vl4j.engine.limits.WorkGuard;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Two megabytes of anything cost about a second, and the work can be stopped all the time. */
@Execution(ExecutionMode.CONCURRENT)
class HostileTextTest {
  private static final long SEED = Long.getLong("tests.seed", System.nanoTime());
  private static final int BYTES = 2 << 20;
  private static final int LONGEST_PROMPT = 262_144;

  /** The bar is one second; a machine that has other things to do may need longer. */
  private static final Duration MOST = Duration.ofSeconds(4);

  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  /** What a text repeats. */
  enum Kind {
    MARKS("\u0301\u0323"),
    MARKS_IN_ORDER("\u0323\u0301"),
    MARKS_THAT_DECOMPOSE("\u0344"),
    BASES_WITH_MARKS("a\u0301\u0323\u0327"),
    MARKS_BEHIND_SPACES(" \u0323\u0301"),
    ONE_LETTER("x"),
    LETTERS("abcdefghij"),
    WORDS("the cat sat on the mat "),
    SPACES(" "),
    TABS("\t"),
    LINE_FEEDS("\n"),
    SPACES_AND_LINE_FEEDS(" \n"),
    LINE_ENDS("\r\n"),
    IDEOGRAPHS("\u4f60\u597d\u4e16\u754c"),
    SENTENCES("\u4f60\u597d\u3002"),
    EMOJI("\ud83d\ude00"),
    FAMILIES("\ud83d\udc68\u200d\ud83d\udc69\u200d\ud83d\udc67"),
    JOINERS("\u200d"),
    DIGITS("7"),
    LETTERS_AND_DIGITS("a1"),
    CONTROLS("\u0001"),
    NULS("\u0000"),
    HALF_PAIRS("\ud83d"),
    OTHER_HALVES("\ude00"),
    JAMO("\u1112\u1161\u11ab"),
    LEADING_JAMO("\u1112"),
    VOWELS("\u1161"),
    APOSTROPHES("'"),
    ELISIONS("'ll"),
    DASHES("-"),
    ANGLES("<"),
    ALMOST_ADDED("<|im_en"),
    ADDED("<|im_end|>"),
    REPLACEMENTS("\ufffd"),
    THAI("\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35"),
    ARABIC("\u0645\u0631\u062d\u0628\u0627 "),
    ANY("");

    final String unit;

    Kind(String unit) {
      this.unit = unit;
    }

    String text() {
      if (this == ANY) {
        Random random = new Random(SEED);
        StringBuilder text = new StringBuilder();
        while (text.length() < BYTES / 3) {
          text.appendCodePoint(random.nextInt(Character.MAX_CODE_POINT + 1));
        }
        return text.toString();
      }
      return "a" + unit.repeat(BYTES / unit.getBytes(StandardCharsets.UTF_8).length);
    }
  }

  @TempDir private static Path folder;

  private static final Map<String, Tokenizer> TOKENIZERS = new LinkedHashMap<>();

  @BeforeAll
  static void open() throws IOException {
    System.out.println("tests.seed=" + SEED);
    for (String name : List.of("demo", "qwen")) {
      TOKENIZERS.put(name, Tokenizers.open(name, folder));
    }
  }

  @AfterAll
  static void close() {
    TOKENIZERS.values().forEach(Tokenizer::close);
  }

  private static Tokenizer tokenizer(String name) {
    return Objects.requireNonNull(TOKENIZERS.get(name));
  }

  @ParameterizedTest
  @EnumSource
  void twoMegabytesTakeASecond(Kind kind) {
    String text = kind.text();
    List<Fragment> fragments = List.of(new Fragment.Text("Query: "), new Fragment.Text(text, true));
    Tokenizer tokenizer = tokenizer("qwen");
    requireQuick("tokens", () -> tokenizer.encode(fragments, LONGEST_PROMPT, WorkGuard.UNBOUNDED));
    requireQuick(
        "limits",
        () ->
            new TextLimits(tokenizer, true, LONGEST_PROMPT, WorkGuard.UNBOUNDED)
                .cut(Content.text(text), LONGEST_PROMPT - 1));
  }

  private static void requireQuick(String what, Runnable work) {
    long before = THREADS.getCurrentThreadCpuTime();
    try {
      work.run();
    } catch (InvalidRequestException e) {
      assertThat(e).hasMessageContaining("without a place between words");
    }
    Duration taken = Duration.ofNanos(THREADS.getCurrentThreadCpuTime() - before);
    assertThat(taken).as(what).isLessThan(MOST);
  }

  @ParameterizedTest
  @ValueSource(strings = {"7", "a few words ", "<", "<|im_end|>"})
  void workCanBeStoppedAllTheTime(String word) {
    Tokenizer tokenizer = tokenizer("demo");
    String text = word.repeat((1 << 14) / word.length()) + " ";
    List<Fragment> fragments = List.of(new Fragment.Text(text.repeat(32), true));
    Stopping all = new Stopping(Long.MAX_VALUE);
    assertThat(tokenizer.encode(fragments, Integer.MAX_VALUE, all)).isNotEmpty();
    assertThat(all.checks).isGreaterThan(32);
    assertThat(all.held).isZero();
    Random random = new Random(SEED);
    for (int i = 0; i < 3; i++) {
      Stopping early = new Stopping(random.nextLong(1, all.checks));
      assertThatThrownBy(() -> tokenizer.encode(fragments, Integer.MAX_VALUE, early))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("enough");
      assertThat(early.checks).isEqualTo(early.last);
      assertThat(early.held).isZero();
    }
  }

  /** Stops the work after so many checks. */
  private static final class Stopping implements WorkGuard {
    final long last;
    long checks;
    long held;

    Stopping(long last) {
      this.last = last;
    }

    @Override
    public void check() {
      if (++checks == last) {
        throw new IllegalStateException("enough");
      }
    }

    @Override
    public void reserve(long bytes) {
      held += bytes;
    }

    @Override
    public void release(long bytes) {
      held -= bytes;
    }

    @Override
    public long maxPixels() {
      return DEFAULT_MAX_PIXELS;
    }
  }

  /** What is cut between two marks would be composed otherwise. */
  @Test
  void longRunsOfMarksHaveTheTokensOfTheWhole() throws IOException {
    Random random = new Random(SEED);
    String[] marks = {"\u0301", "\u0323", "\u0327", "\u0338", "\u0345", "\u3099", "\u0344"};
    StringBuilder text = new StringBuilder();
    while (text.length() < 60_000) {
      text.append(random.nextInt(2000) == 0 ? " e" : marks[random.nextInt(marks.length)]);
    }
    List<Fragment> fragments = List.of(new Fragment.Text(text.toString()));
    for (String name : TOKENIZERS.keySet()) {
      Path file = name.equals("demo") ? Tokenizers.DEMO : folder.resolve("tokenizer.json");
      try (Tokenizer whole = Tokenizer.open(file, TextCuts.NONE)) {
        assertThat(tokenizer(name).encode(fragments))
            .as("seed %d", SEED)
            .isEqualTo(whole.encode(fragments));
      }
    }
  }
}
