package dev.vl4j.kernels;

/** Conversions between float32 and the 16-bit formats, one element at a time. */
public final class Formats {
  private Formats() {}

  /** The value of a bfloat16, exact. */
  public static float bf16ToFloat(short bits) {
    return Float.intBitsToFloat(bits << 16);
  }

  /** The value of an IEEE 754 binary16, exact. */
  public static float f16ToFloat(short bits) {
    return Float.float16ToFloat(bits);
  }

  /**
   * The nearest bfloat16, ties to even. What is too large becomes infinite; a NaN stays a NaN, also
   * one whose payload is in the dropped bits only.
   */
  public static float roundToBf16(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (Float.isNaN(value)) {
      return Float.intBitsToFloat((bits | 0x00400000) & 0xFFFF0000);
    }
    int half = 0x7FFF + ((bits >>> 16) & 1);
    return Float.intBitsToFloat((bits + half) & 0xFFFF0000);
  }
}
