package dev.vl4j.engine.vision.tiff;

/** Takes the pixels of a row apart into bytes, as Pillow's unpackers and conversions to RGB do. */
@FunctionalInterface
interface Unpacker {
  /**
   * @param in the row in the file's layout
   * @param from where it begins
   * @param out gets the pixels, {@code [pixels][channels]}
   * @param to where the first pixel goes
   */
  void unpack(byte[] in, int from, byte[] out, int to, int pixels);

  /**
   * One sample of 1, 2, 4 or 8 bits a pixel, the leftmost in the high bits.
   *
   * @param scale what samples are multiplied by
   * @param inverted whether the bits of the result are turned over
   * @param reversed whether the leftmost pixel is in the low bits
   */
  static Unpacker packed(int bits, int scale, boolean inverted, boolean reversed) {
    if (bits == 8 && !inverted && !reversed) {
      return (in, from, out, to, pixels) -> System.arraycopy(in, from, out, to, pixels);
    }
    int perByte = 8 / bits;
    byte[] ofByte = new byte[256 * perByte]; // the pixels of each byte
    for (int i = 0; i < ofByte.length; i++) {
      int value = i / perByte;
      int ordered = reversed ? BitOrder.reversed(value) : value;
      int sample = ordered >> (8 - bits - bits * (i % perByte)) & ((1 << bits) - 1);
      ofByte[i] = (byte) (sample * scale ^ (inverted ? 0xff : 0));
    }
    return (in, from, out, to, pixels) -> {
      int x = 0;
      for (int at = from; x < pixels; at++) {
        int pixel = (in[at] & 0xff) * perByte;
        for (int end = Math.min(x + perByte, pixels); x < end; x++) {
          out[to + x] = ofByte[pixel++];
        }
      }
    };
  }

  /** Bytes picked from pixels of a fixed size. */
  static Unpacker picked(int step, int... offsets) {
    return (in, from, out, to, pixels) -> {
      int pixel = from;
      int next = to;
      for (int x = 0; x < pixels; x++, pixel += step) {
        for (int offset : offsets) {
          out[next++] = in[pixel + offset];
        }
      }
    };
  }

  /** Bytes in reversed bit order. */
  static Unpacker reversed(int channels) {
    return (in, from, out, to, pixels) -> {
      for (int i = 0; i < channels * pixels; i++) {
        out[to + i] = (byte) BitOrder.reversed(in[from + i]);
      }
    };
  }

  /** One band of pixels that have several; of a sample's bytes the last one counts. */
  static Unpacker band(int channels, int band, int sampleBytes) {
    return (in, from, out, to, pixels) -> {
      int sample = from + sampleBytes - 1;
      for (int x = 0; x < pixels; x++, sample += sampleBytes) {
        out[to + channels * x + band] = in[sample];
      }
    };
  }

  /** Red, green and blue that are multiplied by alpha; what is transparent becomes black. */
  static Unpacker premultiplied(int step, int red, int green, int blue, int alpha) {
    return (in, from, out, to, pixels) -> {
      int pixel = from;
      int next = to;
      for (int x = 0; x < pixels; x++, pixel += step, next += 4) {
        int opacity = in[pixel + alpha] & 0xff;
        out[next] = divided(in[pixel + red], opacity);
        out[next + 1] = divided(in[pixel + green], opacity);
        out[next + 2] = divided(in[pixel + blue], opacity);
        out[next + 3] = (byte) opacity;
      }
    };
  }

  private static byte divided(byte sample, int alpha) {
    return (byte) (alpha == 0 ? 0 : Math.min((sample & 0xff) * 255 / alpha, 255));
  }

  /** CIE L*a*b* with signed a* and b*, which Pillow shifts by 128. */
  static Unpacker lab() {
    return (in, from, out, to, pixels) -> {
      for (int i = 0; i < 3 * pixels; i += 3) {
        out[to + i] = in[from + i];
        out[to + i + 1] = (byte) (in[from + i + 1] ^ 0x80);
        out[to + i + 2] = (byte) (in[from + i + 2] ^ 0x80);
      }
    };
  }

  /** Unsigned samples of 12 bits, two in three bytes. */
  static Unpacker gray12() {
    return (in, from, out, to, pixels) -> {
      for (int x = 0; x < pixels; x++) {
        int at = from + x / 2 * 3;
        int sample =
            x % 2 == 0
                ? (in[at] & 0xff) << 4 | (in[at + 1] & 0xff) >> 4
                : (in[at + 1] & 0xf) << 8 | (in[at + 2] & 0xff);
        out[to + x] = clamped(sample);
      }
    };
  }

  static Unpacker gray16(boolean bigEndian) {
    int high = bigEndian ? 0 : 1;
    return (in, from, out, to, pixels) -> {
      for (int x = 0; x < pixels; x++) {
        int at = from + 2 * x;
        out[to + x] = in[at + high] == 0 ? in[at + 1 - high] : (byte) 255;
      }
    };
  }

  /** Unsigned samples of 16 bits, little-endian, the bits of each byte in reversed order. */
  static Unpacker gray16Reversed() {
    return (in, from, out, to, pixels) -> {
      for (int x = 0; x < pixels; x++) {
        int at = from + 2 * x;
        out[to + x] = in[at + 1] == 0 ? (byte) BitOrder.reversed(in[at]) : (byte) 255;
      }
    };
  }

  static Unpacker gray16Signed(boolean bigEndian) {
    int high = bigEndian ? 0 : 1;
    return (in, from, out, to, pixels) -> {
      for (int x = 0; x < pixels; x++) {
        int at = from + 2 * x;
        out[to + x] = clamped(in[at + high] << 8 | (in[at + 1 - high] & 0xff));
      }
    };
  }

  /** Signed samples of 32 bits; Pillow takes unsigned ones for signed, too. */
  static Unpacker gray32(boolean bigEndian) {
    return (in, from, out, to, pixels) -> {
      for (int x = 0; x < pixels; x++) {
        out[to + x] = clamped(int32(in, from + 4 * x, bigEndian));
      }
    };
  }

  /** Floating point: the fraction is cut off, and what is no number is 0. */
  static Unpacker grayFloat(boolean bigEndian) {
    return (in, from, out, to, pixels) -> {
      for (int x = 0; x < pixels; x++) {
        float sample = Float.intBitsToFloat(int32(in, from + 4 * x, bigEndian));
        out[to + x] = clamped((int) sample);
      }
    };
  }

  private static int int32(byte[] in, int at, boolean bigEndian) {
    int value =
        (in[at] & 0xff) << 24
            | (in[at + 1] & 0xff) << 16
            | (in[at + 2] & 0xff) << 8
            | (in[at + 3] & 0xff);
    return bigEndian ? value : Integer.reverseBytes(value);
  }

  private static byte clamped(int value) {
    return (byte) Math.clamp(value, 0, 255);
  }
}
