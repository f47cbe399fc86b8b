package dev.vl4j.cuda.fake.twin;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;

import dev.vl4j.cuda.fake.Launch;
import dev.vl4j.kernels.Quantization;
import java.lang.foreign.MemorySegment;

/** {@code int8.cu}. */
final class Int8Twins {
  private Int8Twins() {}

  /** What {@code quantiseActivation} of the sources is given besides a row. */
  private record Target(
      Launch launch,
      int columns,
      long codes,
      int stride,
      long scales,
      long counts,
      long outliers,
      int capacity)
      implements CodedRows {
    static Target of(Launch launch, Parameters in) {
      return new Target(
          launch,
          in.integer(),
          in.address(),
          in.integer(),
          in.address(),
          in.address(),
          in.address(),
          in.integer());
    }

    @Override
    public void write(int row, float[] values) {
      float sum = Quantization.sumOfMagnitudes(values);
      float step =
          Float.isNaN(sum)
              ? Float.NaN
              : Quantization.activationScale(sum, columns, largestMagnitude(values));
      float inverse = Quantization.inverse(step);
      MemorySegment bytes = launch.write(codes + (long) row * stride, stride);
      bytes.fill((byte) 0);
      int found = 0;
      for (int i = 0; i < columns; i++) {
        int quantised = Quantization.round(values[i] * inverse);
        int high = Quantization.high(quantised);
        bytes.set(JAVA_BYTE, i, (byte) (quantised - Quantization.BASE * high));
        if (high != 0) {
          launch
              .write(outliers + 4L * ((long) row * capacity + found), 4)
              .set(JAVA_INT_UNALIGNED, 0, (i << 8) | (high & 0xFF));
          found++;
        }
      }
      launch.write(scales + 4L * row, 4).set(JAVA_FLOAT_UNALIGNED, 0, step);
      launch.write(counts + 4L * row, 4).set(JAVA_INT_UNALIGNED, 0, found);
    }
  }

  /** NaN if there is one. */
  private static float largestMagnitude(float[] values) {
    float largest = 0;
    for (float value : values) {
      largest = Math.max(largest, Math.abs(value));
    }
    return Float.isNaN(largest) ? Float.NaN : largest;
  }

  static void int8Weight(Launch launch) {
    Parameters in = new Parameters(launch);
    Rows x = in.rows();
    long rowScales = in.address();
    int columns = in.integer();
    long codes = in.address();
    int codeStride = in.integer();
    long scales = in.address();
    boolean kept = x.format() == Rows.INT8;
    for (int row = 0; row < launch.gridX(); row++) {
      float[] v = x.read(row, columns);
      float scale =
          kept
              ? Rows.number(launch, rowScales, row)
              : Quantization.weightScale(largestMagnitude(v));
      MemorySegment bytes = launch.write(codes + (long) row * codeStride, codeStride);
      bytes.fill((byte) 0);
      for (int i = 0; i < columns; i++) {
        int code = kept ? (int) v[i] : scale > 0 ? Quantization.round(v[i] / scale) : 0;
        bytes.set(JAVA_BYTE, i, (byte) code);
      }
      launch.write(scales + 4L * row, 4).set(JAVA_FLOAT_UNALIGNED, 0, scale);
    }
  }

  static void int8Rows(Launch launch) {
    Parameters in = new Parameters(launch);
    Rows x = in.rows();
    Target target = Target.of(launch, in);
    for (int row = 0; row < launch.gridX(); row++) {
      target.write(row, x.read(row, target.columns));
    }
  }

  static void int8RmsNorm(Launch launch) {
    CodedRows.rmsNorm(launch, Target::of);
  }

  static void int8LayerNorm(Launch launch) {
    CodedRows.layerNorm(launch, Target::of);
  }

  static void int8SwiGlu(Launch launch) {
    CodedRows.swiGlu(launch, Target::of);
  }

  static void int8Epilogue(Launch launch) {
    Parameters in = new Parameters(launch);
    long sums = in.address();
    int stride = in.integer();
    long counts = in.address();
    long outliers = in.address();
    int capacity = in.integer();
    long rowScales = in.address();
    long weight = in.address();
    int weightStride = in.integer();
    long columnScales = in.address();
    Rows bias = in.vector();
    int activation = in.integer();
    Rows residual = in.floats();
    Rows out = in.rows();
    int rows = in.integer();
    int columns = in.integer();
    float[] biases = bias.isPresent() ? bias.read(0, columns) : new float[columns];
    for (int row = 0; row < rows; row++) {
      MemorySegment whole = launch.read(sums + 4L * row * stride, 4L * columns);
      int count = Rows.integer(launch, counts, row);
      float rowScale = Rows.number(launch, rowScales, row);
      float[] added = residual.isPresent() ? residual.read(row, columns) : new float[0];
      float[] v = new float[columns];
      for (int column = 0; column < columns; column++) {
        float scale = rowScale * Rows.number(launch, columnScales, column);
        v[column] = whole.get(JAVA_INT_UNALIGNED, 4L * column) * scale;
        if (count > 0) {
          MemorySegment codes = launch.read(weight + (long) column * weightStride, weightStride);
          int high = 0;
          for (int i = 0; i < count; i++) {
            int entry = Rows.integer(launch, outliers, (long) row * capacity + i);
            high += (byte) entry * codes.get(JAVA_BYTE, entry >>> 8);
          }
          v[column] += high * (scale * Quantization.BASE);
        }
        if (bias.isPresent()) {
          v[column] += biases[column];
        }
        v[column] = Functions.activate(v[column], activation);
        if (residual.isPresent()) {
          v[column] += added[column];
        }
      }
      out.write(row, 0, v);
    }
  }
}
