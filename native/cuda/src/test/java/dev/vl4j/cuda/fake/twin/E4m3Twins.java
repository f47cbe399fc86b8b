package dev.vl4j.cuda.fake.twin;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;

import dev.vl4j.cuda.fake.Launch;
import dev.vl4j.kernels.E4m3;
import java.lang.foreign.MemorySegment;

/** {@code e4m3.cu}. */
final class E4m3Twins {
  private static final int OUTLIER_BYTES = 8;

  private E4m3Twins() {}

  /** What {@code quantise} of the sources is given besides a row. */
  private record Target(
      Launch launch, int columns, long codes, int stride, long scales, long counts, long outliers)
      implements CodedRows {
    static Target of(Launch launch, Parameters in) {
      return new Target(
          launch,
          in.integer(),
          in.address(),
          in.integer(),
          in.address(),
          in.address(),
          in.address());
    }

    @Override
    public void write(int row, float[] values) {
      float largest = 0;
      for (float value : values) {
        float magnitude = Math.abs(value);
        largest = magnitude > largest ? magnitude : largest; // a NaN is passed over
      }
      float scale = E4m3.scale(largest);
      float inverse = E4m3.inverse(scale);
      MemorySegment bytes = launch.write(codes + (long) row * stride, stride);
      bytes.fill((byte) 0);
      long squares = 0;
      for (int i = 0; i < columns; i++) {
        float scaled = values[i] * inverse;
        bytes.set(JAVA_BYTE, i, E4m3.encode(scaled));
        long size = E4m3.size(scaled);
        squares += size * size;
      }
      launch.write(scales + 4L * row, 4).set(JAVA_FLOAT_UNALIGNED, 0, scale);
      if (counts == 0) {
        return;
      }
      int found = 0;
      for (int i = 0; i < columns; i++) {
        float scaled = values[i] * inverse;
        if (E4m3.isOutlier(E4m3.size(scaled), squares)) {
          long place = outliers + (long) row * E4m3.MOST_OUTLIERS * OUTLIER_BYTES;
          MemorySegment outlier = launch.write(place + (long) found * OUTLIER_BYTES, OUTLIER_BYTES);
          outlier.set(JAVA_INT_UNALIGNED, 0, i);
          float rest = scaled - E4m3.decode(E4m3.encode(scaled));
          outlier.set(JAVA_FLOAT_UNALIGNED, 4, Float.isNaN(rest) ? Float.NaN : rest);
          found++;
        }
      }
      launch.write(counts + 4L * row, 4).set(JAVA_INT_UNALIGNED, 0, found);
    }
  }

  static void quantiseRows(Launch launch) {
    Parameters in = new Parameters(launch);
    Rows x = in.rows();
    long rowScales = in.address();
    Target target = Target.of(launch, in);
    for (int row = 0; row < launch.gridX(); row++) {
      float step = x.format() == Rows.INT8 ? Rows.number(launch, rowScales, row) : 1;
      target.write(row, x.read(row, 0, target.columns, step));
    }
  }

  static void quantiseRmsNorm(Launch launch) {
    CodedRows.rmsNorm(launch, Target::of);
  }

  static void quantiseLayerNorm(Launch launch) {
    CodedRows.layerNorm(launch, Target::of);
  }

  static void quantiseSwiGlu(Launch launch) {
    CodedRows.swiGlu(launch, Target::of);
  }

  static void addOutliers(Launch launch) {
    Parameters in = new Parameters(launch);
    long counts = in.address();
    long outliers = in.address();
    long rowScales = in.address();
    long weight = in.address();
    int weightStride = in.integer();
    long columnScales = in.address();
    Rows y = in.rows();
    int rows = in.integer();
    int columns = in.integer();
    for (int row = 0; row < rows; row++) {
      int count = Rows.integer(launch, counts, row);
      if (count == 0) {
        continue;
      }
      float[] v = y.read(row, columns);
      long own = outliers + (long) row * E4m3.MOST_OUTLIERS * OUTLIER_BYTES;
      MemorySegment list = launch.read(own, (long) count * OUTLIER_BYTES);
      for (int column = 0; column < columns; column++) {
        MemorySegment codes = launch.read(weight + (long) column * weightStride, weightStride);
        float sum = 0;
        for (int i = 0; i < count; i++) {
          int at = list.get(JAVA_INT_UNALIGNED, (long) i * OUTLIER_BYTES);
          float rest = list.get(JAVA_FLOAT_UNALIGNED, (long) i * OUTLIER_BYTES + 4);
          sum = Math.fma(rest, E4m3.decode(codes.get(JAVA_BYTE, at)), sum);
        }
        if (rowScales != 0) {
          sum *= Rows.number(launch, rowScales, row) * Rows.number(launch, columnScales, column);
        }
        v[column] += sum;
      }
      y.write(row, 0, v);
    }
  }
}
