package dev.vl4j.engine.model.head;

import dev.vl4j.engine.ModelException;
import dev.vl4j.engine.NonFiniteResultException;
import dev.vl4j.engine.model.config.HeadConfig;
import dev.vl4j.engine.model.config.ModelConfig;
import dev.vl4j.engine.model.config.TensorNames;
import dev.vl4j.engine.model.weights.WeightStore;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The judgement: the dot product of a hidden state and a direction. The direction is {@code W[yes]
 * - W[no]} of the output head, so that the logit is that of "yes" minus that of "no", or the rows
 * of a classifier's own head. No other rows of the vocabulary are ever used; sums are double, so
 * that near scores stay apart.
 */
public final class ScoreHead implements Head<Double> {
  /** In the place of a token id: there is no such token. */
  public static final int NO_TOKEN = -1;

  private static final System.Logger LOG = System.getLogger(ScoreHead.class.getName());

  private final float[] direction;

  private ScoreHead(float[] direction) {
    this.direction = direction;
  }

  /**
   * The head that the configuration asks for.
   *
   * @param yes token id that speaks for relevance; not used by a classifier
   * @param no token id that speaks against it, or {@link #NO_TOKEN} if none does
   * @throws ModelException if the head is absent or has another shape, or an id is outside the
   *     vocabulary
   */
  public static ScoreHead of(ModelConfig config, WeightStore weights, int yes, int no) {
    return new ScoreHead(
        config.head().classifier()
            ? classifier(config, weights)
            : tokens(config, weights, yes, no));
  }

  /** Of two labels, the second one's probability is the score. */
  private static float[] classifier(ModelConfig config, WeightStore weights) {
    String name = TensorNames.CLASSIFIER;
    if (!weights.contains(name)) {
      throw new ModelException(
          "no tensor " + name + ", though architectures says ForSequenceClassification");
    }
    if (weights.contains("score.bias")) {
      throw new ModelException("tensor score.bias: expected none: the head has no bias");
    }
    int labels = weights.rows(name);
    int hidden = config.text().hiddenSize();
    boolean regression = config.head().activation() == HeadConfig.Activation.IDENTITY;
    if (labels < 1 || labels > 2 || (labels == 2 && regression)) {
      throw new ModelException(
          "tensor %s: expected one label%s, found %d"
              .formatted(name, regression ? " of a regression" : " or two", labels));
    }
    float[] relevant = weights.row(name, labels, hidden, labels - 1);
    return labels == 1 || config.head().independentLabels()
        ? relevant
        : difference(relevant, weights.row(name, labels, hidden, 0));
  }

  private static float[] tokens(ModelConfig config, WeightStore weights, int yes, int no) {
    int vocabulary = config.text().vocabularySize();
    int hidden = config.text().hiddenSize();
    if (yes < 0 || yes >= vocabulary || no < NO_TOKEN || no >= vocabulary) {
      throw new ModelException(
          "token ids %d and %d of the score are not both below vocab_size %d"
              .formatted(yes, no, vocabulary));
    }
    if (weights.contains(TensorNames.CLASSIFIER)) {
      LOG.log(
          System.Logger.Level.WARNING,
          TensorNames.CLASSIFIER
              + " is not used: config.json asks for a score by tokens, not for a sequence"
              + " classifier");
    }
    String name = name(config, weights);
    float[] direction = direction(weights, name, vocabulary, hidden, yes, no);
    if (config.tied()
        && name.equals(TensorNames.HEAD)
        && weights.contains(config.embeddings())
        && !Arrays.equals(
            direction, direction(weights, config.embeddings(), vocabulary, hidden, yes, no))) {
      LOG.log(
          System.Logger.Level.WARNING,
          TensorNames.HEAD
              + " differs from "
              + config.embeddings()
              + ", though tie_word_embeddings is true: scores come from the former, as in"
              + " transformers");
    }
    return direction;
  }

  /** A head that is stored counts, whatever the configuration says of it. */
  private static String name(ModelConfig config, WeightStore weights) {
    if (weights.contains(TensorNames.HEAD)) {
      return TensorNames.HEAD;
    }
    if (!config.tied()) {
      throw new ModelException(
          "no tensor "
              + TensorNames.HEAD
              + ", though tie_word_embeddings is false: is this a reranker?");
    }
    return config.embeddings();
  }

  private static float[] direction(
      WeightStore weights, String name, int vocabulary, int hidden, int yes, int no) {
    float[] relevant = weights.row(name, vocabulary, hidden, yes);
    return no == NO_TOKEN
        ? relevant
        : difference(relevant, weights.row(name, vocabulary, hidden, no));
  }

  private static float[] difference(float[] minuend, float[] subtrahend) {
    float[] difference = new float[minuend.length];
    for (int i = 0; i < difference.length; i++) {
      difference[i] = minuend[i] - subtrahend[i];
    }
    return difference;
  }

  /**
   * One logit for each row.
   *
   * @throws NonFiniteResultException if one is no finite number: weights are none, or values
   *     overflow
   */
  @Override
  public List<Double> results(float[] hidden) {
    List<Double> logits = new ArrayList<>();
    for (int row = 0; row < hidden.length / direction.length; row++) {
      double sum = 0;
      for (int i = 0; i < direction.length; i++) {
        sum += (double) direction[i] * hidden[row * direction.length + i];
      }
      if (!Double.isFinite(sum)) {
        throw new NonFiniteResultException(
            "the model computed %s in the place of a score: weights of the checkpoint are no finite"
                    .formatted(sum)
                + " numbers, or values overflow");
      }
      logits.add(sum);
    }
    return logits;
  }
}
