package dev.vl4j.engine.model;

import dev.vl4j.engine.ModelException;

/**
 * The judgement: {@code (W[yes] - W[no]) . h}, which is the logit of "yes" minus that of "no". Only
 * two rows of the vocabulary are ever used; sums are double, so that near scores stay apart.
 */
final class ScoreHead {
  private static final String HEAD = "lm_head.weight";

  private final float[] direction;

  /**
   * @throws ModelException if the head is separate but absent, or an id is outside the vocabulary
   */
  ScoreHead(Qwen3VlConfig config, WeightStore weights, int yes, int no) {
    // A tied checkpoint's head is its embeddings, even where a stale lm_head is stored beside them.
    boolean separate = !config.tied();
    if (separate && !weights.contains(HEAD)) {
      throw new ModelException(
          "no tensor " + HEAD + ", though tie_word_embeddings is false: is this a reranker?");
    }
    String name = separate ? HEAD : TextTower.EMBEDDINGS;
    int vocabulary = config.text().vocabularySize();
    int hidden = config.text().hiddenSize();
    if (yes < 0 || yes >= vocabulary || no < 0 || no >= vocabulary) {
      throw new ModelException(
          "1_LogitScore: token ids %d and %d are not both below vocab_size %d"
              .formatted(yes, no, vocabulary));
    }
    direction = weights.row(name, vocabulary, hidden, yes);
    float[] against = weights.row(name, vocabulary, hidden, no);
    for (int i = 0; i < hidden; i++) {
      direction[i] -= against[i];
    }
  }

  /**
   * One logit for each row.
   *
   * @param hidden [rows][hidden], row-major
   */
  double[] logits(float[] hidden) {
    double[] logits = new double[hidden.length / direction.length];
    for (int row = 0; row < logits.length; row++) {
      double sum = 0;
      for (int i = 0; i < direction.length; i++) {
        sum += (double) direction[i] * hidden[row * direction.length + i];
      }
      logits[row] = sum;
    }
    return logits;
  }
}
