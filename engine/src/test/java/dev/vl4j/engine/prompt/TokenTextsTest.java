package dev.vl4j.engine.prompt;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** Tokens back to text, by Hugging Face's library as the truth. */
class TokenTextsTest {
  private static final long SEED = Long.getLong("tests.seed", System.nanoTime());

  @TempDir private static Path folder;

  private static HuggingFaceTokenizer truth(String name) throws IOException {
    Path file = name.equals("demo") ? Tokenizers.DEMO : folder.resolve("tokenizer.json");
    return HuggingFaceTokenizer.newInstance(
        file, Map.of("addSpecialTokens", "false", "truncation", "false", "padding", "false"));
  }

  @ParameterizedTest
  @CsvSource({"demo", "qwen"})
  void randomTokens(String name) throws IOException {
    Random random = new Random(SEED);
    try (Tokenizer tokenizer = Tokenizers.open(name, folder);
        HuggingFaceTokenizer truth = truth(name)) {
      int[] existing =
          IntStream.range(0, 200_000).filter(id -> tokenizer.spelling(id) != null).toArray();
      assertThat(existing).hasSizeGreaterThan(500);
      for (int round = 0; round < 500; round++) {
        int[] ids =
            random
                .ints(1 + random.nextInt(20), 0, existing.length)
                .map(index -> existing[index])
                .toArray();
        assertThat(tokenizer.decode(ids))
            .as("seed %d, round %d", SEED, round)
            .isEqualTo(truth.decode(IntStream.of(ids).asLongStream().toArray(), false));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"demo", "qwen"})
  void tokensOfTexts(String name) throws IOException {
    try (Tokenizer tokenizer = Tokenizers.open(name, folder);
        HuggingFaceTokenizer truth = truth(name)) {
      for (JsonNode string : Tokenizers.expected(name).path("strings")) {
        int[] ids = Tokenizers.ints(string.path("parsed_ids"));
        assertThat(tokenizer.decode(ids))
            .isEqualTo(truth.decode(IntStream.of(ids).asLongStream().toArray(), false));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"demo", "qwen"})
  void spellings(String name) throws IOException {
    try (Tokenizer tokenizer = Tokenizers.open(name, folder)) {
      int start = tokenizer.controlId("<|im_start|>");
      assertThat(tokenizer.spelling(start)).isEqualTo("<|im_start|>");
      int yes = tokenizer.idOf("yes").orElseThrow();
      assertThat(tokenizer.spelling(yes)).isEqualTo("yes");
      assertThat(tokenizer.spelling(-1)).isNull();
      assertThat(tokenizer.spelling(Integer.MAX_VALUE)).isNull();
    }
  }
}
