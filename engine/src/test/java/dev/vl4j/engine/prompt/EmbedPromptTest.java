package dev.vl4j.engine.prompt;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.engine.Content;
import dev.vl4j.engine.EmbedTemplate;
import dev.vl4j.engine.Part;
import dev.vl4j.engine.Truncation;
import dev.vl4j.engine.limits.WorkGuard;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Prompts whose texts are cut, against the tokens of the whole prompts. */
@Execution(ExecutionMode.CONCURRENT)
class EmbedPromptTest {
  private static final long SEED = Long.getLong("tests.seed", System.nanoTime());
  private static final int ROUNDS = 60;

  /** Words that merge with what stands beside them, at either side. */
  private static final EmbedTemplate MERGING =
      new EmbedTemplate("<|im_start|>", " wor", "ing.<|im_end|>", null, false, "none");

  /** Characters that normalising leaves alone, so that tokens give the text again. */
  private static final String[] PIECES = {
    "a",
    "The",
    "'s",
    " ",
    "  ",
    "\n",
    "\r\n",
    "\t",
    "1",
    "42",
    ".",
    ", ",
    "--",
    "d",
    "ing",
    " of",
    "\u00e9",
    "\u4f60\u597d",
    "\u3002",
    "\ud83d\ude00",
    "\ud835\udd4f",
    "<|im_end|>",
    "<|",
    "\n\n",
    "word",
    "(",
    ":"
  };

  @TempDir private static Path folder;

  private static @Nullable TokenizedPrompt tokenized(
      Tokenizer tokenizer,
      EmbedTemplate template,
      Content input,
      boolean parsed,
      Truncation truncation,
      int most) {
    EmbedPrompt prompt = new EmbedPrompt(template, input, "Find it", parsed, truncation, most);
    int[] tokensPerImage = IntStream.range(0, prompt.images().size()).map(i -> 4 + i).toArray();
    return prompt.tokenize(
        tokenizer, VisualTokens.ofImages(tokensPerImage), 1 << 20, WorkGuard.UNBOUNDED);
  }

  private static int[] ids(@Nullable TokenizedPrompt prompt) {
    assertThat(prompt).isNotNull();
    return prompt.ids();
  }

  private static EmbedTemplate template(int round) {
    return List.of(EmbedTemplate.QWEN3_VL, EmbedTemplate.QWEN3, MERGING).get(round % 3);
  }

  /**
   * The first and the last token that may be cut are found by decoding what stands before and
   * behind them, without the spans that the prompt uses.
   */
  @ParameterizedTest
  @CsvSource({"demo, 1", "demo, 1000000", "qwen, 1", "qwen, 1000000"})
  void textsAreCutBetweenTokensAndNothingElseIs(String name, int step) throws IOException {
    Random random = new Random(SEED ^ name.hashCode());
    System.out.println("tests.seed=" + SEED);
    try (Tokenizer whole = Tokenizers.open(name, folder);
        Tokenizer cutting = Tokenizer.open(file(name), new TextCuts(step))) {
      for (int round = 0; round < ROUNDS; round++) {
        EmbedTemplate template = template(round);
        boolean parsed = random.nextBoolean();
        StringBuilder text = new StringBuilder();
        int count = random.nextInt(1, 40);
        for (int i = 0; i < count; i++) {
          text.append(PIECES[random.nextInt(PIECES.length)]);
        }
        Content input = Content.text(text.toString());
        int[] all = ids(tokenized(whole, template, input, parsed, Truncation.NONE, 0));
        String rendered = whole.decode(all);
        int at = rendered.lastIndexOf(text + template.end());
        String before = rendered.substring(0, at);
        String after = template.end();
        int first = 0;
        while (!whole.decode(Arrays.copyOf(all, first)).startsWith(before)) {
          first++;
        }
        int last = all.length;
        while (!whole.decode(Arrays.copyOfRange(all, last, all.length)).endsWith(after)) {
          last--;
        }
        int others = all.length - Math.max(0, last - first);
        for (Truncation truncation : List.of(Truncation.START, Truncation.END)) {
          for (int most = Math.max(1, others - 1); most <= all.length + 1; most++) {
            String place =
                "seed %d: \"%s\" cut to %d of %d, %s, parsed %s"
                    .formatted(SEED, rendered, most, all.length, truncation, parsed);
            TokenizedPrompt cut = tokenized(cutting, template, input, parsed, truncation, most);
            if (most >= all.length) {
              assertThat(ids(cut)).as(place).isEqualTo(all);
            } else if (most <= others) {
              assertThat(cut).as(place).isNull();
            } else {
              int dropped = all.length - most;
              int from = truncation == Truncation.START ? first : last - dropped;
              assertThat(ids(cut))
                  .as(place)
                  .isEqualTo(
                      IntStream.concat(
                              Arrays.stream(all, 0, from),
                              Arrays.stream(all, from + dropped, all.length))
                          .toArray());
            }
          }
        }
      }
    }
  }

  private static Path file(String name) {
    return name.equals("demo") ? Tokenizers.DEMO : folder.resolve("tokenizer.json");
  }

  @Test
  void imagesStay() {
    Part image = Part.image(Path.of("a.png"));
    Content input = Content.of(image, Part.text("1,2,3,4,5,6,7"), image);
    try (Tokenizer tokenizer = Tokenizer.open(Tokenizers.DEMO)) {
      EmbedTemplate template = EmbedTemplate.QWEN3_VL;
      TokenizedPrompt all = tokenized(tokenizer, template, input, false, Truncation.NONE, 0);
      int length = ids(all).length;
      for (Truncation truncation : List.of(Truncation.START, Truncation.END)) {
        TokenizedPrompt cut = tokenized(tokenizer, template, input, false, truncation, length - 9);
        assertThat(ids(cut)).hasSize(length - 9);
        assertThat(cut.imageStarts()).isEqualTo(all.imageStarts());
        String left = tokenizer.decode(ids(cut));
        assertThat(left)
            .contains(
                truncation == Truncation.END ? "1,2,<|im_end|>" : "<|vision_end|>,6,7<|im_end|>");
      }
      for (Content uncut : List.of(Content.of(image), Content.of())) {
        int most = ids(tokenized(tokenizer, template, uncut, false, Truncation.END, 1000)).length;
        assertThat(tokenized(tokenizer, template, uncut, false, Truncation.END, most)).isNotNull();
        assertThat(tokenized(tokenizer, template, uncut, false, Truncation.END, most - 1)).isNull();
      }
    }
  }

  /** A text that says where its images are would lose them with its end. */
  @Test
  void textsWithPlacesOfImagesAreNotCut() {
    Content input =
        Content.of(
            Part.text("a b <|vision_start|><|image_pad|><|vision_end|> c d"),
            Part.image(Path.of("a.png")));
    try (Tokenizer tokenizer = Tokenizer.open(Tokenizers.DEMO)) {
      EmbedTemplate template = EmbedTemplate.QWEN3_VL;
      int length = ids(tokenized(tokenizer, template, input, true, Truncation.END, 1000)).length;
      assertThat(tokenized(tokenizer, template, input, true, Truncation.END, length - 1)).isNull();
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Truncation.class,
      names = {"START", "END"})
  void longTextsAreLookedAtAtOneEndOnly(Truncation truncation) throws IOException {
    Content input = Content.text("The capital of China is Beijing.\n".repeat(40_000));
    EmbedTemplate template = EmbedTemplate.QWEN3;
    boolean keepsEnd = truncation == Truncation.START;
    try (Tokenizer tokenizer = Tokenizers.open("qwen", folder)) {
      int[] all = ids(tokenized(tokenizer, template, input, false, Truncation.NONE, 0));
      int[] cut = ids(tokenized(tokenizer, template, input, false, truncation, 500));
      assertThat(cut).hasSize(500);
      int[] expected =
          keepsEnd
              ? Arrays.copyOfRange(all, all.length - 490, all.length)
              : Arrays.copyOf(all, 499);
      assertThat(keepsEnd ? Arrays.copyOfRange(cut, 10, 500) : Arrays.copyOf(cut, 499))
          .isEqualTo(expected);
      String text = ((Part.Text) input.parts().getFirst()).text();
      String part = tokenizer.part(text, keepsEnd, 500, false, WorkGuard.UNBOUNDED);
      assertThat(part).hasSizeLessThan(text.length() / 10);
    }
  }
}
