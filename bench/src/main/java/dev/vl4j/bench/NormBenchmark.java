package dev.vl4j.bench;

import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.HeadNorm;
import dev.vl4j.kernels.Operand;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.Rotary;
import dev.vl4j.kernels.RotaryEmbedding;
import dev.vl4j.kernels.Tensor;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** The row-wise operations, on rows of the 2B model. */
@SuppressWarnings("NullAway.Init") // open calls prepare first
public class NormBenchmark extends BackendBenchmark {
  private static final int TEXT_WIDTH = 2048;
  private static final int VISION_WIDTH = 1024;
  private static final AttentionShape HEADS =
      new AttentionShape(16, 8, 128, 0.1f, OperandFormat.BF16);
  private static final float EPSILON = 1e-6f;

  /** Tokens or patches. */
  @Param({"192", "1536", "4096"})
  public int rows;

  private Tensor text;
  private Tensor textOut;
  private Tensor textWeight;
  private Tensor vision;
  private Tensor visionOut;
  private Tensor visionWeight;
  private HeadNorm headNorm;
  private Rotary rotary;
  private Operand queries;

  @Override
  void prepare() {
    text = random(rows, TEXT_WIDTH);
    textOut = forward.tensor(rows, TEXT_WIDTH);
    textWeight = random(1, TEXT_WIDTH);
    vision = random(rows, VISION_WIDTH);
    visionOut = forward.tensor(rows, VISION_WIDTH);
    visionWeight = random(1, VISION_WIDTH);
    headNorm = new HeadNorm(random(1, HEADS.headSize()), EPSILON);
    float[] frequencies = new float[HEADS.headSize() / 2];
    for (int i = 0; i < frequencies.length; i++) {
      frequencies[i] = 1f / (i + 1);
    }
    rotary =
        forward.rotary(
            new RotaryEmbedding(frequencies, new int[frequencies.length], 1),
            new int[][] {IntStream.range(0, rows).toArray()});
    queries = forward.queries(rows, HEADS);
  }

  /** Before each half of a language model's layer. */
  @Benchmark
  public void rmsNorm(Traffic done) {
    forward.rmsNorm(text, textWeight, EPSILON, textOut);
    done.gigabytes += 2 * bytes(text) / 1e9;
  }

  /** Before each half of a vision block. */
  @Benchmark
  public void layerNorm(Traffic done) {
    forward.layerNorm(vision, visionWeight, visionWeight, EPSILON, visionOut);
    done.gigabytes += 2 * bytes(vision) / 1e9;
  }

  /** Norm, rotation and rounding of the queries. */
  @Benchmark
  public void queries(Traffic done) {
    forward.queries(text, headNorm, rotary, HEADS, queries);
    done.gigabytes += 1.5 * bytes(text) / 1e9;
  }

  private static double bytes(Tensor tensor) {
    return (double) tensor.rows() * tensor.columns() * Float.BYTES;
  }
}
