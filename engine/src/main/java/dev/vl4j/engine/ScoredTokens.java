package dev.vl4j.engine;

import dev.vl4j.engine.model.config.HeadConfig;
import dev.vl4j.engine.model.head.ScoreHead;
import dev.vl4j.engine.prompt.Tokenizer;
import dev.vl4j.loader.ModelDirectory;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Supplier;

/**
 * The tokens whose logits make the score.
 *
 * @param yes id of the one that speaks for relevance
 * @param no id of the one that speaks against it
 */
record ScoredTokens(int yes, int no) {
  /**
   * {@code classifier_from_token} names them, or else {@code 1_LogitScore}; without either, they
   * are the words.
   *
   * @param tokenizer asked only if it is needed
   * @throws ModelException if the tokenizer lacks one
   */
  static ScoredTokens of(ModelDirectory directory, HeadConfig head, Supplier<Tokenizer> tokenizer) {
    if (head.classifier()) {
      return new ScoredTokens(ScoreHead.NO_TOKEN, ScoreHead.NO_TOKEN);
    }
    List<String> named = head.tokens();
    if (!named.isEmpty()) {
      int yes = id(tokenizer.get().idOfSpelling(named.getLast()), named.getLast(), directory);
      return new ScoredTokens(
          yes,
          named.size() == 1
              ? ScoreHead.NO_TOKEN
              : id(tokenizer.get().idOfSpelling(named.getFirst()), named.getFirst(), directory));
    }
    OptionalInt yes = directory.trueTokenId();
    OptionalInt no = directory.falseTokenId();
    return new ScoredTokens(
        yes.isPresent() ? yes.getAsInt() : id(tokenizer.get().idOf("yes"), "yes", directory),
        no.isPresent() ? no.getAsInt() : id(tokenizer.get().idOf("no"), "no", directory));
  }

  private static int id(OptionalInt id, String token, ModelDirectory directory) {
    return id.orElseThrow(
        () -> new ModelException("%s: no token \"%s\"".formatted(directory.tokenizer(), token)));
  }
}
