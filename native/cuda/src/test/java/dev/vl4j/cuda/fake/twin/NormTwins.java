package dev.vl4j.cuda.fake.twin;

import dev.vl4j.cuda.fake.Launch;

/** {@code norms.cu}. */
final class NormTwins {
  private static final int WARP = 32;
  private static final int GROUP = 8;

  private NormTwins() {}

  /** What a thread adds up. */
  private interface Term {
    float add(float value, float sum);
  }

  static void rmsNorm(Launch launch) {
    Parameters in = new Parameters(launch);
    Rows x = in.floats();
    Rows weight = in.vector();
    Rows out = in.rows();
    int columns = in.integer();
    float epsilon = in.number();
    float[] w = weight.read(0, columns);
    for (int row = 0; row < launch.gridX(); row++) {
      out.write(row, 0, rmsNorm(x.read(row, columns), w, epsilon, launch.blockX()));
    }
  }

  /** A row, which is overwritten, as a block of so many threads norms it. */
  static float[] rmsNorm(float[] v, float[] w, float epsilon, int threads) {
    float squares = blockSum(v, threads, (value, sum) -> Math.fma(value, value, sum));
    float scale = Functions.inverseRoot(squares, v.length, epsilon);
    for (int i = 0; i < v.length; i++) {
      v[i] = v[i] * scale * w[i];
    }
    return v;
  }

  static void layerNorm(Launch launch) {
    Parameters in = new Parameters(launch);
    Rows x = in.floats();
    Rows weight = in.vector();
    Rows bias = in.vector();
    Rows out = in.rows();
    int columns = in.integer();
    float epsilon = in.number();
    float[] w = weight.read(0, columns);
    float[] b = bias.read(0, columns);
    for (int row = 0; row < launch.gridX(); row++) {
      out.write(row, 0, layerNorm(x.read(row, columns), w, b, epsilon, launch.blockX()));
    }
  }

  /** A row, which is overwritten, as a block of so many threads norms it. */
  static float[] layerNorm(float[] v, float[] w, float[] b, float epsilon, int threads) {
    float mean = blockSum(v, threads, (value, sum) -> sum + value) / v.length;
    float squares = blockSum(v, threads, (value, sum) -> Math.fma(value - mean, value - mean, sum));
    float scale = Functions.inverseRoot(squares, v.length, epsilon);
    for (int i = 0; i < v.length; i++) {
      v[i] = Math.fma((v[i] - mean) * scale, w[i], b[i]);
    }
    return v;
  }

  /** Each thread adds up its groups; then warps are summed as trees, and one after another. */
  private static float blockSum(float[] row, int threads, Term term) {
    float[] sums = new float[threads];
    for (int i = 0; i < row.length; i++) {
      int thread = i / GROUP % threads;
      sums[thread] = term.add(row[i], sums[thread]);
    }
    float sum = 0;
    for (int warp = 0; warp < threads; warp += WARP) {
      sum += Functions.sumOfLanes(java.util.Arrays.copyOfRange(sums, warp, warp + WARP));
    }
    return sum;
  }
}
