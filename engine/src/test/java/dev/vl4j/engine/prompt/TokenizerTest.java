package dev.vl4j.engine.prompt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vl4j.engine.ModelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class TokenizerTest {
  @TempDir private static Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"demo", "qwen"})
  void everyStringHasHuggingFacesIds(String name) throws IOException {
    try (Tokenizer tokenizer = Tokenizers.open(name, folder)) {
      JsonNode strings = Tokenizers.expected(name).path("strings");
      assertThat(strings.size()).isGreaterThan(50);
      for (JsonNode string : strings) {
        String text = string.path("text").asString();
        assertThat(encode(tokenizer, text, false))
            .as(text)
            .isEqualTo(Tokenizers.ints(string.path("ids")));
        assertThat(encode(tokenizer, text, true))
            .as("parsed " + text)
            .isEqualTo(Tokenizers.ints(string.path("parsed_ids")));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"demo", "qwen"})
  void manyThreadsGetTheSameIds(String name) throws Exception {
    try (Tokenizer tokenizer = Tokenizers.open(name, folder);
        ExecutorService executor = Executors.newFixedThreadPool(4)) {
      JsonNode strings = Tokenizers.expected(name).path("strings");
      Callable<List<int[]>> work =
          () -> {
            List<int[]> all = new ArrayList<>();
            for (int round = 0; round < 20; round++) {
              for (JsonNode string : strings) {
                all.add(encode(tokenizer, string.path("text").asString(), false));
              }
            }
            return all;
          };
      for (Future<List<int[]>> future : executor.invokeAll(Collections.nCopies(4, work))) {
        List<int[]> all = future.get();
        for (int i = 0; i < all.size(); i++) {
          assertThat(all.get(i))
              .isEqualTo(Tokenizers.ints(strings.path(i % strings.size()).path("ids")));
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"demo", "qwen"})
  void longTextIsNotCut(String name) throws IOException {
    try (Tokenizer tokenizer = Tokenizers.open(name, folder)) {
      int[] once = encode(tokenizer, "\n1", false);
      int[] many = encode(tokenizer, "\n1".repeat(3000), false);
      assertThat(many).hasSize(3000 * once.length);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"demo", "qwen"})
  void halfASurrogatePairIsTheReplacementCharacter(String name) throws IOException {
    try (Tokenizer tokenizer = Tokenizers.open(name, folder)) {
      int[] expected = encode(tokenizer, "a\ufffdb", false);
      assertThat(encode(tokenizer, "a\ud800b", false)).isEqualTo(expected);
      assertThat(encode(tokenizer, "a\udc00b", false)).isEqualTo(expected);
      // Two halves that meet where two fragments are joined are one character.
      assertThat(
              tokenizer.encode(List.of(new Fragment.Text("\ud83d"), new Fragment.Text("\ude00"))))
          .isEqualTo(encode(tokenizer, "\ud83d\ude00", false));
      assertThat(encode(tokenizer, "a\0b", false)).hasSize(3);
    }
  }

  @Test
  void neighboursAreJoinedAndControlsAreNot() {
    try (Tokenizer tokenizer = Tokenizer.open(Tokenizers.DEMO)) {
      int start = tokenizer.idOf("<|im_start|>").orElseThrow();
      assertThat(tokenizer.encode(List.of(new Fragment.Text("he"), new Fragment.Text("llo"))))
          .isEqualTo(encode(tokenizer, "hello", false));
      assertThat(tokenizer.encode(List.of(new Fragment.Control("<|im_start|>"))))
          .containsExactly(start);
      assertThat(encode(tokenizer, "<|im_start|>", false)).doesNotContain(start);
      assertThat(encode(tokenizer, "<|im_start|>", true)).containsExactly(start);
      assertThat(tokenizer.encode(List.of())).isEmpty();
      assertThat(tokenizer.idOf("no such token")).isEmpty();
      assertThatThrownBy(() -> tokenizer.encode(List.of(new Fragment.Control("<|none|>"))))
          .isInstanceOf(ModelException.class)
          .hasMessageContaining("<|none|>");
    }
  }

  @Test
  void aClosedTokenizerSaysSo() {
    Tokenizer tokenizer = Tokenizer.open(Tokenizers.DEMO);
    tokenizer.close();
    tokenizer.close();
    assertThatThrownBy(() -> encode(tokenizer, "x", false))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void brokenFilesAreNamed(@TempDir Path broken) throws IOException {
    String whole = Files.readString(Tokenizers.DEMO);
    assertRefused(broken, "", "");
    assertRefused(broken, "[]", "expected {");
    assertRefused(broken, "null", "expected {");
    assertRefused(broken, whole.substring(0, whole.length() / 2), "");
    assertRefused(broken, "{\"model\": {\"type\": \"WordPiece\"}}", "expected BPE");
    assertRefused(broken, "{\"model\": {\"type\": \"BPE\"}}", "");
    assertRefused(
        broken,
        "{\"model\": {\"type\": \"BPE\", \"vocab\": {\"a\": 0}, \"merges\": [\"x y\"]}}",
        "");
    Path missing = broken.resolve("nowhere.json");
    assertThatThrownBy(() -> Tokenizer.open(missing))
        .isInstanceOf(ModelException.class)
        .hasMessageStartingWith(missing + ": ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"lstrip", "rstrip", "single_word", "normalized"})
  void addedTokensWithOtherRulesAreRefused(String flag) throws IOException {
    String whole = Files.readString(Tokenizers.DEMO);
    String changed = whole.replaceFirst("\"" + flag + "\": ?false", "\"" + flag + "\":true");
    assertThat(changed).isNotEqualTo(whole);
    assertRefused(folder.resolve(flag), changed, flag);
  }

  /** The native library would end the process. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      textBlock =
          """
          "continuing_subword_prefix": null ~ "continuing_subword_prefix": "##" ~ model.continuing_
          "(?i:'s ~ "(a|aa)*b|(?i:'s ~ a quantifier behind no character
          "(?i:'s ~ "a*a*b|(?i:'s ~ at too many places
          """)
  void whatTheLibraryDoesNotSurviveIsRefused(String part, String bad, String why)
      throws IOException {
    String whole = Files.readString(Tokenizers.DEMO);
    assertThat(whole).contains(part);
    assertRefused(folder.resolve("bad"), whole.replace(part, bad), why);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      textBlock =
          """
          "version": "1.0" ~ "version": "2.0" ~ version: expected 1.0, found "2.0"
          "type": "NFC" ~ "type": "Lowercase" ~ normalizer.type: expected NFC, found "Lowercase"
          "type": "Split" ~ "type": "FixedLength" ~ pre_tokenizer.type: expected Split
          "Isolated" ~ "Odd" ~ pre_tokenizer.behavior: expected one of
          "Regex": ~ "Other": ~ pre_tokenizer.pattern: expected a Regex or a String
          "invert": false ~ "invert": 0 ~ invert: expected true or false, found 0
          "dropout": null ~ "dropout": 0.5 ~ model.dropout
          "end_of_word_suffix": null ~ "end_of_word_suffix": "x" ~ model.end_of_word_suffix
          "unk_token": null ~ "unk_token": "nowhere" ~ model.unk_token: nowhere is not in
          "unk_token": null ~ "unk_token": 3 ~ model.unk_token: expected a string, found 3
          "vocab": ~ "vocabulary": ~ model.vocab: expected
          "merges": ~ "merged": ~ model.merges: expected
          """)
  void partsThatAreNotSupportedAreNamed(String part, String other, String why) throws IOException {
    String whole = Files.readString(Tokenizers.DEMO);
    assertThat(whole).contains(part);
    assertRefused(folder.resolve("other"), whole.replace(part, other), why);
  }

  /** Nobody reads it here, and the native library ends the process if it is no JSON. */
  @Test
  void aBrokenDecoderIsNotLookedAt(@TempDir Path broken) throws IOException {
    String whole = Files.readString(Tokenizers.DEMO);
    String part = "\"decoder\": {";
    assertThat(whole).contains(part);
    Path file = broken.resolve("tokenizer.json");
    Files.writeString(file, whole.replace(part, part + "tru,"));
    try (Tokenizer tokenizer = Tokenizer.open(file);
        Tokenizer demo = Tokenizer.open(Tokenizers.DEMO)) {
      assertThat(encode(tokenizer, "A red circle", false))
          .isEqualTo(encode(demo, "A red circle", false));
    }
  }

  @Test
  void idsThatNoIntegerHoldsAreRefused(@TempDir Path odd) throws IOException {
    String whole = Files.readString(Tokenizers.DEMO);
    assertRefused(odd, whole.replace("\"id\": 1340", "\"id\": -1"), "no id from 0 on");
    String vocabulary = whole.replaceFirst("\"a\": ?64,", "\"a\": 4294967291,");
    assertThat(vocabulary).isNotEqualTo(whole);
    Path file = odd.resolve("large.json");
    Files.writeString(file, vocabulary);
    try (Tokenizer tokenizer = Tokenizer.open(file)) {
      assertThatThrownBy(() -> encode(tokenizer, "a", false))
          .isInstanceOf(ModelException.class)
          .hasMessage(file + ": the vocabulary has the id 4294967291");
    }
  }

  private static void assertRefused(Path parent, String json, String why) throws IOException {
    Path file = Files.createDirectories(parent).resolve("broken.json");
    Files.writeString(file, json);
    assertThatThrownBy(() -> Tokenizer.open(file))
        .as(why)
        .isInstanceOf(ModelException.class)
        .hasMessageStartingWith(file + ": ")
        .hasMessageContaining(why);
  }

  private static int[] encode(Tokenizer tokenizer, String text, boolean parseSpecialTokens) {
    return tokenizer.encode(List.of(new Fragment.Text(text, parseSpecialTokens)));
  }
}
