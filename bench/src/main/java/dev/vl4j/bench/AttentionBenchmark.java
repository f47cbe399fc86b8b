package dev.vl4j.bench;

import dev.vl4j.kernels.AttentionPlan;
import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.HeadNorm;
import dev.vl4j.kernels.KeyValues;
import dev.vl4j.kernels.Operand;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.Rotary;
import dev.vl4j.kernels.RotaryEmbedding;
import dev.vl4j.kernels.Segment;
import dev.vl4j.kernels.Tensor;
import java.util.List;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** Attention of one prompt of the language model, and of one image in the vision towers. */
@SuppressWarnings("NullAway.Init") // open calls prepare first
public class AttentionBenchmark extends BackendBenchmark {
  private static final int HEADS = 16;

  /** A tower's attention and the tokens or patches that it is computed for. */
  public enum Sequence {
    /** The 2B model's language model: causal, two query heads to a key head. */
    TEXT_192(8, 128, 192),
    TEXT_1024(8, 128, 1024),
    /** The 2B model's vision tower, 512x512 and 1024x1024 pixels. */
    VISION64_1024(16, 64, 1024),
    VISION64_4096(16, 64, 4096),
    /** The 8B model's vision tower. */
    VISION72_1024(16, 72, 1024),
    VISION72_4096(16, 72, 4096);

    private final int keyValueHeads;
    private final int headSize;
    private final int rows;

    Sequence(int keyValueHeads, int headSize, int rows) {
      this.keyValueHeads = keyValueHeads;
      this.headSize = headSize;
      this.rows = rows;
    }

    private boolean causal() {
      return keyValueHeads < HEADS;
    }

    private AttentionShape shape(OperandFormat operands) {
      float scale = (float) (1 / Math.sqrt(headSize));
      return new AttentionShape(HEADS, keyValueHeads, headSize, scale, operands);
    }

    /** Both products, for the pairs of rows that see each other. */
    private double operations() {
      double pairs = causal() ? rows * (rows + 1.0) / 2 : (double) rows * rows;
      return 2 * 2 * pairs * HEADS * headSize;
    }
  }

  /** What attends. */
  @Param public Sequence sequence = Sequence.TEXT_192;

  /** To what the operands are rounded. */
  @Param({"F32", "BF16"})
  public OperandFormat operands = OperandFormat.F32;

  private Operand queries;
  private AttentionPlan plan;
  private Tensor out;

  // Query, key and value stand side by side, as in the towers.
  @Override
  void prepare() {
    AttentionShape shape = sequence.shape(operands);
    int columns = (HEADS + 2 * sequence.keyValueHeads) * sequence.headSize;
    KeyValues keyValues = forward.keyValues(shape, sequence.rows);
    Segment all = Segment.computed(keyValues, 0, sequence.rows, Segment.ROOT, sequence.causal());
    plan = forward.attention(shape, List.of(all));
    queries = forward.queries(sequence.rows, shape);
    int pairs = sequence.headSize / 2;
    Rotary still =
        forward.rotary(
            new RotaryEmbedding(new float[pairs], new int[pairs], 1),
            new int[][] {new int[sequence.rows]});
    Tensor projected = random(sequence.rows, columns);
    forward.queryKeyValues(projected, HeadNorm.NONE, HeadNorm.NONE, still, plan, 0, queries);
    out = forward.tensor(sequence.rows, HEADS * sequence.headSize);
  }

  /** All heads. */
  @Benchmark
  public void attention(Arithmetic done) {
    forward.attention(queries, plan, 0, out);
    done.gflop += sequence.operations() / 1e9;
  }
}
