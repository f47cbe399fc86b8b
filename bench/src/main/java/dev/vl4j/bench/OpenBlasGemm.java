package dev.vl4j.bench;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.openblas.global.openblas_nolapack;
import org.jspecify.annotations.Nullable;

/**
 * OpenBLAS's {@code sgemm} on row-major operands: {@code x [M, K]} times the transpose of {@code W
 * [N, K]}.
 */
final class OpenBlasGemm implements Contender {
  private final GemmProblem problem;
  private final FloatPointer x;
  private final FloatPointer out;
  private final List<FloatPointer> copies = new ArrayList<>();
  private int next;

  OpenBlasGemm(GemmProblem problem, int threads, long coldBytes) {
    this.problem = problem;
    Natives.load(openblas_nolapack.class);
    org.bytedeco.openblas.presets.openblas_nolapack.blas_set_num_threads(threads);
    x = new FloatPointer(problem.x());
    out = new FloatPointer((long) problem.rows() * problem.outFeatures());
    int count = GemmProblem.copies(weightBytes(), coldBytes);
    float[] row = new float[problem.inFeatures()];
    for (int copy = 0; copy < count; copy++) {
      FloatPointer weights = new FloatPointer((long) problem.outFeatures() * problem.inFeatures());
      for (int i = 0; i < problem.outFeatures(); i++) {
        for (int j = 0; j < row.length; j++) {
          row[j] = problem.weight(i, j);
        }
        weights.position((long) i * row.length).put(row, 0, row.length);
      }
      copies.add(weights.position(0));
    }
  }

  /** Why OpenBLAS cannot be loaded, or null. */
  static @Nullable String refusal() {
    return Natives.refusal(openblas_nolapack.class);
  }

  @Override
  public void run() {
    openblas_nolapack.cblas_sgemm(
        openblas_nolapack.CblasRowMajor,
        openblas_nolapack.CblasNoTrans,
        openblas_nolapack.CblasTrans,
        problem.rows(),
        problem.outFeatures(),
        problem.inFeatures(),
        1,
        x,
        problem.inFeatures(),
        copies.get(next),
        problem.inFeatures(),
        0,
        out,
        problem.outFeatures());
    next = (next + 1) % copies.size();
  }

  @Override
  public float[] output() {
    float[] values = new float[problem.rows() * problem.outFeatures()];
    out.get(values);
    return values;
  }

  @Override
  public long weightBytes() {
    return (long) problem.outFeatures() * problem.inFeatures() * Float.BYTES;
  }

  @Override
  public String implementation() {
    return "OpenBLAS " + openblas_nolapack.OPENBLAS_VERSION;
  }

  @Override
  public void close() {
    copies.forEach(FloatPointer::close);
    out.close();
    x.close();
  }
}
