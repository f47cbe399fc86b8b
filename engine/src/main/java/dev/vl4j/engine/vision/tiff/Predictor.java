package dev.vl4j.engine.vision.tiff;

import dev.vl4j.engine.vision.decode.BrokenImageException;

/**
 * Turns differences back into samples, row by row. Samples of 16 and 32 bits come out in
 * little-endian order, as libtiff gives them on the machines that Pillow's wheels are for.
 */
final class Predictor {
  private static final int NONE = 1;
  private static final int HORIZONTAL = 2;
  private static final int FLOATING_POINT = 3;

  private final long kind;
  private final int bytes; // of a sample, 0 for less than 8 bits
  private final int samples;
  private final boolean bigEndian;
  private byte[] planes = new byte[0]; // a row of the floating point predictor

  /**
   * @param kind the value of the Predictor tag
   * @param bits of a sample
   * @param samples of a pixel, as far as they lie together
   * @param floats whether the samples are floating point
   */
  Predictor(long kind, int bits, int samples, boolean floats, boolean bigEndian)
      throws BrokenImageException {
    this.kind = kind;
    this.bytes = bits / 8;
    this.samples = samples;
    this.bigEndian = bigEndian;
    if (kind != NONE && kind != HORIZONTAL && kind != FLOATING_POINT) {
      throw new BrokenImageException("its Predictor is unknown: " + kind);
    }
    if (kind == HORIZONTAL && bits != 8 && bits != 16 && bits != 32) {
      throw new BrokenImageException(
          "its Predictor 2 does not fit samples of %d bits".formatted(bits));
    }
    if (kind == FLOATING_POINT && (!floats || bits != 32)) {
      throw new BrokenImageException("its Predictor 3 does not fit samples that are no floats");
    }
  }

  /** Restores a row in place, from an index on. */
  void restore(byte[] row, int from, int length) {
    if (kind == FLOATING_POINT) {
      accumulateBytes(row, from, length);
      joinPlanes(row, from, length);
      return;
    }
    if (bigEndian && bytes > 1) {
      swap(row, from, length);
    }
    if (kind == HORIZONTAL) {
      switch (bytes) {
        case 1 -> accumulateBytes(row, from, length);
        default -> accumulate(row, from, length);
      }
    }
  }

  private void accumulateBytes(byte[] row, int from, int length) {
    for (int i = from + samples; i < from + length; i++) {
      row[i] += row[i - samples];
    }
  }

  /** Little-endian samples of several bytes. */
  private void accumulate(byte[] row, int from, int length) {
    int step = samples * bytes;
    for (int i = from + step; i + bytes <= from + length; i += bytes) {
      int carry = 0;
      for (int b = 0; b < bytes; b++) {
        int sum = (row[i + b] & 0xff) + (row[i + b - step] & 0xff) + carry;
        row[i + b] = (byte) sum;
        carry = sum >> 8;
      }
    }
  }

  /** Each plane has one byte of all samples, the first plane the highest. */
  private void joinPlanes(byte[] row, int from, int length) {
    if (planes.length < length) {
      planes = new byte[length];
    }
    System.arraycopy(row, from, planes, 0, length);
    int count = length / bytes;
    for (int i = 0; i < count; i++) {
      for (int b = 0; b < bytes; b++) {
        row[from + bytes * i + b] = planes[(bytes - 1 - b) * count + i];
      }
    }
  }

  private void swap(byte[] row, int from, int length) {
    for (int i = from; i + bytes <= from + length; i += bytes) {
      for (int low = i, high = i + bytes - 1; low < high; low++, high--) {
        byte kept = row[low];
        row[low] = row[high];
        row[high] = kept;
      }
    }
  }
}
