package dev.vl4j.engine.vision.tiff;

/** Bytes whose first pixel is in the low bits: FillOrder 2. */
final class BitOrder {
  private BitOrder() {}

  /** A byte with its bits in the opposite order, 0 to 255. */
  static int reversed(int value) {
    return Integer.reverse(value) >>> 24;
  }

  /** A copy with the bits of each byte in the opposite order. */
  static byte[] reversed(byte[] bytes, int from, int length) {
    byte[] out = new byte[length];
    for (int i = 0; i < length; i++) {
      out[i] = (byte) reversed(bytes[from + i]);
    }
    return out;
  }
}
