package dev.vl4j.testkit;

import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.Support;
import java.util.Arrays;
import java.util.List;

/** What the parts of {@link BackendContract} share. */
interface Contract {
  List<Integer> SIZES = List.of(1, 3, 7, 13, 25, 31, 33, 64, 65, 100, 207);
  List<Integer> ROWS = List.of(1, 2, 5, 17, 33);

  /** The backend under test, beside the reference. */
  Twin twin();

  /** This test's random numbers. */
  Seeds seeds();

  /** The backend under test. */
  default Backend backend() {
    return twin().tested();
  }

  /**
   * How far a gated layer's two sums may be off before they meet, each relative to itself: see
   * {@link BackendContract#gatedRounding}.
   */
  double gatedRounding(OperandFormat format);

  /** How far a sum of products may be off: see {@link BackendContract#sumRounding}. */
  double sumRounding(OperandFormat format);

  /** By what part of itself a result may be off: see {@link BackendContract#resultRounding}. */
  double resultRounding(OperandFormat format);

  /** The formats in which this backend computes linear layers. */
  default List<OperandFormat> linearFormats() {
    return Arrays.stream(OperandFormat.values())
        .filter(format -> backend().supports(format) != Support.NONE)
        .toList();
  }

  /** The formats in which this backend computes attention over heads of a size. */
  default List<OperandFormat> attentionFormats(int headSize) {
    return List.of(OperandFormat.F32, OperandFormat.BF16).stream()
        .filter(format -> backend().supports(format, headSize) != Support.NONE)
        .toList();
  }

  /** The largest magnitude among values. */
  static double largest(float[] values) {
    double largest = 0;
    for (float value : values) {
      largest = Math.max(largest, Math.abs(value));
    }
    return largest;
  }
}
