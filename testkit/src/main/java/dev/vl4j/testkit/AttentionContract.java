package dev.vl4j.testkit;

import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.RotaryEmbedding;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Attention over forests of computed and stored segments. */
interface AttentionContract extends Contract {
  @ParameterizedTest
  @CsvSource({
    "1, 1, 12",
    "2, 1, 18",
    "2, 2, 20",
    "8, 1, 24",
    "4, 2, 32",
    "3, 3, 64",
    "2, 2, 72",
    "16, 2, 128"
  })
  default void attention(int heads, int keyValueHeads, int headSize) {
    float scale = (float) (1 / Math.sqrt(headSize));
    for (OperandFormat format : attentionFormats(headSize)) {
      AttentionShape shape = new AttentionShape(heads, keyValueHeads, headSize, scale, format);
      for (int segments : someSegments(heads * headSize)) {
        check(shape, seeds().forest(segments), 1);
      }
    }
  }

  /** Rows that are only attended to. */
  @Test
  default void attentionOfSomeRows() {
    for (OperandFormat format : attentionFormats(20)) {
      AttentionShape shape = new AttentionShape(4, 2, 20, 0.2f, format);
      for (int trial = 0; trial < 12; trial++) {
        check(shape, seeds().fewerQueries(seeds().forest(1 + trial / 2)), 1);
      }
    }
  }

  /** Keys and values of earlier forwards, in all layers, some of them cut from longer runs. */
  @Test
  default void attentionToStoredRuns() {
    for (OperandFormat format : attentionFormats(24)) {
      AttentionShape shape = new AttentionShape(4, 2, 24, 0.2f, format);
      for (int trial = 0; trial < 12; trial++) {
        Forest forest = seeds().stored(seeds().forest(1 + trial));
        check(shape, trial % 3 == 0 ? seeds().fewerQueries(forest) : forest, 3);
      }
    }
  }

  /** Logits of +-1e4 whose products are integers, so that float32 holds them exactly. */
  @Test
  default void attentionHugeLogits() {
    Forest forest = seeds().forest(4);
    int rows = forest.rows();
    float[] values = new float[rows * 4 * 24];
    for (int row = 0; row < rows; row++) {
      for (int block = 0; block < 3; block++) {
        values[(row * 4 + block) * 24] = seeds().between(-100, 100);
      }
      for (int i = 0; i < 24; i++) {
        values[(row * 4 + 3) * 24 + i] = 100 * (2 * seeds().random().nextFloat() - 1);
      }
    }
    for (OperandFormat format : attentionFormats(24)) {
      AttentionShape shape = new AttentionShape(2, 1, 24, 1, format);
      check(new AttentionRun(shape, forest, List.of(values)), 100 * error(format));
    }
  }

  /** A context of several key tiles and of several tasks' query rows. */
  @Test
  default void attentionLong() {
    for (OperandFormat format : attentionFormats(40)) {
      AttentionShape shape = new AttentionShape(2, 1, 40, 0.3f, format);
      Forest forest =
          Forest.of(Forest.root(517, false), Forest.root(300, true), Forest.branch(201, 1, true));
      check(shape, forest, 1);
    }
  }

  /** Norms, rotation and attention together, in one operation and in two. */
  @ParameterizedTest
  @CsvSource({"2, 1, 18", "4, 2, 32", "2, 2, 72", "16, 2, 128"})
  default void attentionOfTurnedHeads(int heads, int keyValueHeads, int headSize) {
    for (OperandFormat format : attentionFormats(headSize)) {
      float scale = (float) (1 / Math.sqrt(headSize));
      AttentionShape shape = new AttentionShape(heads, keyValueHeads, headSize, scale, format);
      for (int segments : someSegments(heads * headSize)) {
        Forest forest = seeds().stored(seeds().forest(segments));
        int axes = seeds().between(1, 3);
        RotaryEmbedding embedding = seeds().rotary(headSize / 2, axes);
        AttentionRun.Turning turning =
            new AttentionRun.Turning(
                seeds().values(headSize),
                seeds().values(headSize),
                embedding,
                seeds().positions(axes, forest.rows()));
        for (boolean together : new boolean[] {true, false}) {
          AttentionRun run =
              new AttentionRun(shape, forest, layers(shape, forest, 2), turning, together);
          // A logit is below 1.6 sqrt(headSize) in magnitude, its factors are off by 3e-6 each; in
          // bfloat16, a factor that is rounded the other way is off by 2^-8 of itself.
          double logit = 4 * 3e-6 * Math.sqrt(headSize);
          double turned = format == OperandFormat.BF16 ? 0x1p-8 : 0;
          check(run, error(format) + logit + turned);
        }
      }
    }
  }

  /** How large forests are; few of many features, since what differs is in the forests. */
  private List<Integer> someSegments(int features) {
    return seeds().some(features > 1024 ? 2 : 4, List.of(1, 2, 3, 4, 5, 6));
  }

  private List<float[]> layers(AttentionShape shape, Forest forest, int count) {
    int width = (shape.heads() + 2 * shape.keyValueHeads()) * shape.headSize();
    List<float[]> layers = new ArrayList<>();
    for (int layer = 0; layer < count; layer++) {
      layers.add(seeds().values(forest.rows() * width));
    }
    return layers;
  }

  private void check(AttentionShape shape, Forest forest, int layers) {
    check(new AttentionRun(shape, forest, layers(shape, forest, layers)), error(shape.operands()));
  }

  private void check(AttentionRun run, double error) {
    double rounding = resultRounding(run.shape().operands());
    twin().compare(test -> run.run(test, (row, column, want) -> error + rounding * Math.abs(want)));
  }

  /** A weight rounded to bfloat16 is off by 2^-9 of itself, and the weights sum to 1. */
  private static double error(OperandFormat format) {
    return (format == OperandFormat.BF16 ? 0x1p-9 : 0) + 2e-5;
  }
}
