package dev.vl4j.engine.vision.tiff;

import java.nio.ByteBuffer;

/**
 * The values of one entry of an image file directory, read from the file when they are asked for.
 *
 * @param type the TIFF type; 0 if the values cannot be read
 * @param count how many values can be read
 * @param declared how many values there should be
 * @param file the whole file in its byte order
 * @param at where the values begin; all of them lie inside the file
 */
record TiffField(int type, int count, long declared, ByteBuffer file, int at) {
  static final int BYTE = 1;
  static final int SHORT = 3;
  static final int LONG = 4;
  static final int LONG8 = 16;

  /** Bytes of one value by type; 0 for types that Pillow does not know. */
  private static final int[] TYPE_BYTES = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8};

  /** Bytes of one value, or 0 if Pillow skips entries of this type. */
  static int bytesOf(int type) {
    return type < TYPE_BYTES.length ? TYPE_BYTES[type] : 0;
  }

  /** Whether the values are integers to Pillow, which takes BYTE for a string of bytes. */
  boolean isInteger() {
    return switch (type) {
      case SHORT, LONG, 6, 8, 9, 13, LONG8 -> true;
      default -> false;
    };
  }

  /** All values as they lie in the file. */
  byte[] rawBytes() {
    byte[] bytes = new byte[count * bytesOf(type)];
    file.get(at, bytes);
    return bytes;
  }

  /** Whether libtiff can read the values as integers. */
  boolean isIntegerForLibtiff() {
    return isInteger() || type == BYTE;
  }

  /** A value of an integer type or of BYTE. Unsigned values of 64 bits may come out negative. */
  long integer(int index) {
    return switch (type) {
      case BYTE -> file.get(at + index) & 0xff;
      case 6 -> file.get(at + index);
      case SHORT -> file.getShort(at + 2 * index) & 0xffff;
      case 8 -> file.getShort(at + 2 * index);
      case LONG, 13 -> file.getInt(at + 4 * index) & 0xffff_ffffL;
      case 9 -> file.getInt(at + 4 * index);
      case LONG8 -> file.getLong(at + 8 * index);
      default -> throw new IllegalStateException("type " + type + " has no integers");
    };
  }

  /** A value of any numeric type; NaN where it is bytes or text to Pillow. */
  double number(int index) {
    return switch (type) {
      case 5 -> (double) unsigned(at + 8 * index) / unsigned(at + 8 * index + 4);
      case 10 -> (double) file.getInt(at + 8 * index) / file.getInt(at + 8 * index + 4);
      case 11 -> file.getFloat(at + 4 * index);
      case 12 -> file.getDouble(at + 8 * index);
      default -> isInteger() ? integer(index) : Double.NaN;
    };
  }

  /** A value as libtiff reads it into a float: of a fraction, both parts are rounded first. */
  float real(int index) {
    return switch (type) {
      case 5 -> fraction(unsigned(at + 8 * index), unsigned(at + 8 * index + 4));
      case 10 -> fraction(file.getInt(at + 8 * index), file.getInt(at + 8 * index + 4));
      case BYTE -> integer(index);
      default -> (float) number(index);
    };
  }

  private static float fraction(long numerator, long denominator) {
    return denominator == 0 ? 0 : (float) numerator / (float) denominator;
  }

  private long unsigned(int position) {
    return file.getInt(position) & 0xffff_ffffL;
  }
}
