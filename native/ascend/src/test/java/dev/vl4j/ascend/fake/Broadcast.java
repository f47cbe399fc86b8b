package dev.vl4j.ascend.fake;

import java.util.Arrays;

/** Values of a tensor as if it had a larger shape. */
final class Broadcast {
  private Broadcast() {}

  /** Whether a shape can be taken for a larger one. */
  static boolean fits(long[] shape, long[] larger) {
    if (shape.length > larger.length) {
      return false;
    }
    for (int i = 1; i <= shape.length; i++) {
      long size = shape[shape.length - i];
      if (size != 1 && size != larger[larger.length - i]) {
        return false;
      }
    }
    return true;
  }

  static float[] expand(float[] values, long[] shape, long[] larger) {
    if (Arrays.equals(shape, larger)) {
      return values;
    }
    int count = 1;
    for (long size : larger) {
      count = Math.toIntExact(count * size);
    }
    float[] result = new float[count];
    for (int i = 0; i < count; i++) {
      int rest = i;
      int at = 0;
      int stride = 1;
      for (int d = 1; d <= larger.length; d++) {
        int size = (int) larger[larger.length - d];
        int place = rest % size;
        rest /= size;
        if (d <= shape.length) {
          int own = (int) shape[shape.length - d];
          at += (own == 1 ? 0 : place) * stride;
          stride *= own;
        }
      }
      result[i] = values[at];
    }
    return result;
  }
}
