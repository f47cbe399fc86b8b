package dev.vl4j.bench;

import dev.vl4j.kernels.Tensor;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** The row-wise operations, on rows of the 2B model. */
@SuppressWarnings("NullAway.Init") // open calls prepare first
public class NormBenchmark extends BackendBenchmark {
  private static final int TEXT_WIDTH = 2048;
  private static final int VISION_WIDTH = 1024;
  private static final int HEAD_SIZE = 128;
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
  private Tensor headWeight;
  private Tensor cosine;
  private Tensor sine;

  @Override
  void prepare() {
    text = random(rows, TEXT_WIDTH);
    textOut = backend.allocate(rows, TEXT_WIDTH);
    textWeight = random(1, TEXT_WIDTH);
    vision = random(rows, VISION_WIDTH);
    visionOut = backend.allocate(rows, VISION_WIDTH);
    visionWeight = random(1, VISION_WIDTH);
    headWeight = random(1, HEAD_SIZE);
    float[] cosines = new float[rows * HEAD_SIZE / 2];
    float[] sines = new float[cosines.length];
    for (int i = 0; i < cosines.length; i++) {
      cosines[i] = (float) Math.cos(i);
      sines[i] = (float) Math.sin(i);
    }
    cosine = backend.upload(cosines, rows, HEAD_SIZE / 2);
    sine = backend.upload(sines, rows, HEAD_SIZE / 2);
  }

  /** Before each half of a language model's layer. */
  @Benchmark
  public void rmsNorm(Traffic done) {
    backend.rmsNorm(text, textWeight, EPSILON, textOut);
    done.gigabytes += 2 * bytes(text) / 1e9;
  }

  /** Before each half of a vision block. */
  @Benchmark
  public void layerNorm(Traffic done) {
    backend.layerNorm(vision, visionWeight, visionWeight, EPSILON, visionOut);
    done.gigabytes += 2 * bytes(vision) / 1e9;
  }

  /** On queries, in place. */
  @Benchmark
  public void rmsNormHeads(Traffic done) {
    backend.rmsNormHeads(text, headWeight, EPSILON);
    done.gigabytes += 2 * bytes(text) / 1e9;
  }

  /** On queries, in place. */
  @Benchmark
  public void rotate(Traffic done) {
    backend.rotate(text, cosine, sine);
    done.gigabytes += (2 * bytes(text) + bytes(cosine) + bytes(sine)) / 1e9;
  }

  private static double bytes(Tensor tensor) {
    return (double) tensor.rows() * tensor.columns() * Float.BYTES;
  }
}
