package dev.vl4j.cuda.fake.twin;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.vl4j.cuda.fake.Launch;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** {@code elementwise.cu}. */
final class ElementwiseTwins {
  private ElementwiseTwins() {}

  static void convertRows(Launch launch) {
    Parameters in = new Parameters(launch);
    Rows x = in.rows();
    int fromColumns = in.integer();
    long scales = in.address();
    long rowNumbers = in.address();
    Rows out = in.rows();
    int rows = in.integer();
    int columns = in.integer();
    for (int row = 0; row < rows; row++) {
      int from = rowNumbers == 0 ? row : Rows.integer(launch, rowNumbers, row);
      float[] v = x.read(from, 0, Math.min(fromColumns, columns), step(launch, x, scales, from));
      out.write(row, 0, Arrays.copyOf(v, columns));
    }
  }

  private static float step(Launch launch, Rows table, long scales, int row) {
    return table.format() == Rows.INT8 ? Rows.number(launch, scales, row) : 1;
  }

  static void addInterpolated(Launch launch) {
    Parameters in = new Parameters(launch);
    Rows table = in.rows();
    long scales = in.address();
    long rowNumbers = in.address();
    long weights = in.address();
    int taps = in.integer();
    Rows out = in.floats();
    int rows = in.integer();
    int columns = in.integer();
    for (int row = 0; row < rows; row++) {
      float[] sum = new float[columns];
      for (int tap = row * taps; tap < (row + 1) * taps; tap++) {
        int from = Rows.integer(launch, rowNumbers, tap);
        float weight = Rows.number(launch, weights, tap);
        float[] v = table.read(from, 0, columns, step(launch, table, scales, from));
        for (int i = 0; i < columns; i++) {
          sum[i] = Math.fma(weight, v[i], sum[i]);
        }
      }
      out.write(row, 0, plus(out.read(row, columns), sum));
    }
  }

  private static float[] plus(float[] x, float[] y) {
    for (int i = 0; i < x.length; i++) {
      x[i] += y[i];
    }
    return x;
  }

  static void addRows(Launch launch) {
    Parameters in = new Parameters(launch);
    Rows x = in.floats();
    Rows out = in.floats();
    int rows = in.integer();
    int columns = in.integer();
    for (int row = 0; row < rows; row++) {
      out.write(row, 0, plus(out.read(row, columns), x.read(row, columns)));
    }
  }

  static void lookUp(Launch launch) {
    Parameters in = new Parameters(launch);
    long samples = in.address();
    long tables = in.address();
    int tableColumns = in.integer();
    Rows out = in.floats();
    int rows = in.integer();
    int columns = in.integer();
    for (int row = 0; row < rows; row++) {
      MemorySegment bytes = launch.read(samples + (long) row * columns, columns);
      float[] v = new float[columns];
      for (int i = 0; i < columns; i++) {
        int sample = bytes.get(JAVA_BYTE, i) & 0xFF;
        v[i] = Rows.number(launch, tables, i / tableColumns * 256L + sample);
      }
      out.write(row, 0, v);
    }
  }

  static void swiGlu(Launch launch) {
    Parameters in = new Parameters(launch);
    long upAddress = in.address();
    Rows gate = in.rows();
    Rows up = new Rows(launch, upAddress, gate.stride(), gate.format());
    Rows out = in.rows();
    int rows = in.integer();
    int columns = in.integer();
    for (int row = 0; row < rows; row++) {
      float[] g = gate.read(row, columns);
      float[] u = up.read(row, columns);
      for (int i = 0; i < columns; i++) {
        g[i] = Functions.silu(g[i]) * u[i];
      }
      out.write(row, 0, g);
    }
  }

  static void epilogue(Launch launch) {
    Parameters in = new Parameters(launch);
    Rows x = in.floats();
    Rows rowScales = in.vector();
    Rows columnScales = in.vector();
    Rows bias = in.vector();
    int activation = in.integer();
    Rows residual = in.floats();
    Rows out = in.rows();
    int rows = in.integer();
    int columns = in.integer();
    for (int row = 0; row < rows; row++) {
      float[] v = x.read(row, columns);
      if (rowScales.isPresent()) {
        float rowScale = Rows.number(launch, rowScales.address(), row);
        float[] scales = columnScales.read(0, columns);
        for (int i = 0; i < columns; i++) {
          v[i] *= rowScale * scales[i];
        }
      }
      if (bias.isPresent()) {
        plus(v, bias.read(0, columns));
      }
      for (int i = 0; i < columns; i++) {
        v[i] = Functions.activate(v[i], activation);
      }
      if (residual.isPresent()) {
        plus(v, residual.read(row, columns));
      }
      out.write(row, 0, v);
    }
  }

  static void copyLayers(Launch launch) {
    Parameters in = new Parameters(launch);
    long from = in.address();
    long fromStride = in.longInteger();
    long to = in.address();
    long toStride = in.longInteger();
    int layers = in.integer();
    long bytes = in.longInteger();
    for (int layer = 0; layer < layers; layer++) {
      launch
          .write(to + layer * toStride, bytes)
          .copyFrom(launch.read(from + layer * fromStride, bytes));
    }
  }
}
