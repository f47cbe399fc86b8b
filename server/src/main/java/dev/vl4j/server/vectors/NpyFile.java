package dev.vl4j.server.vectors;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * NumPy's array, format version 1.0 of <a
 * href="https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html">numpy.lib.format</a>:
 * a header of text, filled with blanks to a multiple of 64 bytes, then the numbers in C order.
 */
final class NpyFile implements VectorFile {
  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0};
  private static final int ALIGNMENT = 64;

  private final OutputStream out;
  private final byte[] missing;

  NpyFile(OutputStream out, NumberType type, long rows, int width) throws IOException {
    this.out = out;
    missing = missing(type, width);
    writeHeader(out, type, rows, width);
  }

  static void writeHeader(OutputStream out, NumberType type, long rows, int width)
      throws IOException {
    String text =
        String.format(
            Locale.ROOT,
            "{'descr': '%s', 'fortran_order': False, 'shape': (%d, %d), }",
            type.descr,
            rows,
            width);
    int before = MAGIC.length + Short.BYTES;
    int length = Math.ceilDiv(before + text.length() + 1, ALIGNMENT) * ALIGNMENT - before;
    String filled = text + " ".repeat(length - text.length() - 1) + "\n";
    out.write(
        ByteBuffer.allocate(before + length)
            .order(ByteOrder.LITTLE_ENDIAN)
            .put(MAGIC)
            .putShort((short) length)
            .put(filled.getBytes(StandardCharsets.US_ASCII))
            .array());
  }

  private static byte[] missing(NumberType type, int width) {
    ByteBuffer bytes = ByteBuffer.allocate(width * type.bytes).order(ByteOrder.LITTLE_ENDIAN);
    while (type == NumberType.FLOAT32 && bytes.hasRemaining()) {
      bytes.putFloat(Float.NaN);
    }
    return bytes.array();
  }

  @Override
  public void add(Row row) throws IOException {
    out.write(row.vector() == null ? missing : row.vector());
  }

  @Override
  public void finish() {
    // The header has said it all.
  }
}
