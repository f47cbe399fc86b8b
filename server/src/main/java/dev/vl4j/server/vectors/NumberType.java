package dev.vl4j.server.vectors;

import java.nio.ByteBuffer;

/** What the elements of a vector are. Rows hold them little-endian, one after the other. */
public enum NumberType {
  FLOAT32(Float.BYTES, "<f4"),
  INT8(Byte.BYTES, "|i1"),
  UINT8(Byte.BYTES, "|u1");

  final int bytes;

  /** As NumPy describes it. */
  final String descr;

  NumberType(int bytes, String descr) {
    this.bytes = bytes;
    this.descr = descr;
  }

  /** A number of one byte, as an integer. */
  int integer(byte number) {
    return this == UINT8 ? number & 0xFF : number;
  }

  /** The next number, in as many digits as it takes to read the same one again. */
  String text(ByteBuffer numbers) {
    return this == FLOAT32
        ? Float.toString(numbers.getFloat())
        : Integer.toString(integer(numbers.get()));
  }
}
