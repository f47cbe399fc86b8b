package dev.vl4j.cuda.fake.twin;

import dev.vl4j.cuda.fake.Launch;
import java.util.function.BiFunction;

/**
 * Rows of 8 bits of what norms and gated layers give: what {@code e4m3.cu} and {@code int8.cu}
 * share.
 */
interface CodedRows {
  int columns();

  /** Quantises a row. */
  void write(int row, float[] values);

  /**
   * @param rows of a launch, by the parameters that are left
   */
  static void rmsNorm(Launch launch, BiFunction<Launch, Parameters, CodedRows> rows) {
    Parameters in = new Parameters(launch);
    Rows x = in.floats();
    Rows weight = in.vector();
    float epsilon = in.number();
    CodedRows out = rows.apply(launch, in);
    float[] w = weight.read(0, out.columns());
    for (int row = 0; row < launch.gridX(); row++) {
      float[] v = x.read(row, out.columns());
      out.write(row, NormTwins.rmsNorm(v, w, epsilon, launch.blockX()));
    }
  }

  /** As {@link #rmsNorm}. */
  static void layerNorm(Launch launch, BiFunction<Launch, Parameters, CodedRows> rows) {
    Parameters in = new Parameters(launch);
    Rows x = in.floats();
    Rows weight = in.vector();
    Rows bias = in.vector();
    float epsilon = in.number();
    CodedRows out = rows.apply(launch, in);
    float[] w = weight.read(0, out.columns());
    float[] b = bias.read(0, out.columns());
    for (int row = 0; row < launch.gridX(); row++) {
      float[] v = x.read(row, out.columns());
      out.write(row, NormTwins.layerNorm(v, w, b, epsilon, launch.blockX()));
    }
  }

  /** As {@link #rmsNorm}. */
  static void swiGlu(Launch launch, BiFunction<Launch, Parameters, CodedRows> rows) {
    Parameters in = new Parameters(launch);
    long upAddress = in.address();
    Rows gate = in.rows();
    Rows up = new Rows(launch, upAddress, gate.stride(), gate.format());
    CodedRows out = rows.apply(launch, in);
    for (int row = 0; row < launch.gridX(); row++) {
      float[] v = gate.read(row, out.columns());
      float[] u = up.read(row, out.columns());
      for (int i = 0; i < v.length; i++) {
        v[i] = Functions.silu(v[i]) * u[i];
      }
      out.write(row, v);
    }
  }
}
