package dev.vl4j.server.batch;

import dev.vl4j.loader.IoReason;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads lines of UTF-8, one at a time. Lines end in a line feed, with or without a carriage return,
 * or with the input; a byte order mark before the first is dropped, and so are blank lines.
 */
final class LineReader {
  private static final int BUFFER = 1 << 16;
  private static final byte[] BYTE_ORDER_MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};

  private final InputStream in;
  private final String name;
  private final int longest;
  private final byte[] buffer = new byte[BUFFER];
  private final MessageDigest digest = Digests.sha256();
  private int next;
  private int filled;

  /** Of {@code buffer}'s end, in the input. */
  private long position;

  private long number;
  private long row;
  private boolean begun;

  /** A carriage return that belongs to the line unless a line feed follows. */
  private boolean heldReturn;

  private @Nullable Line peeked;

  /**
   * @param name what error messages call the input
   * @param longest bytes that a line may have; of a longer one, only the digest is kept
   */
  LineReader(InputStream in, String name, int longest) {
    this.in = in;
    this.name = name;
    this.longest = longest;
  }

  /** What error messages call the input. */
  String name() {
    return name;
  }

  /** The next line, left in its place, or null at the end of the input. */
  @Nullable Line peek() {
    if (peeked == null) {
      peeked = read();
    }
    return peeked;
  }

  /**
   * The next line, or null at the end of the input.
   *
   * @throws BatchException if the input cannot be read, or is UTF-16
   */
  @Nullable Line next() {
    Line line = peek();
    peeked = null;
    return line;
  }

  private @Nullable Line read() {
    try {
      while (fill()) {
        Line line = line();
        if (line != null) {
          return line;
        }
      }
      return null;
    } catch (IOException e) {
      throw new BatchException("cannot read %s: %s".formatted(name, IoReason.of(e)), e);
    }
  }

  /** Makes bytes ready if none are; false at the end of the input. */
  private boolean fill() throws IOException {
    if (next < filled) {
      return true;
    }
    next = 0;
    filled = Math.max(0, begun ? in.read(buffer) : in.readNBytes(buffer, 0, 3));
    position += filled;
    if (!begun) {
      begun = true;
      skipMark();
      return next < filled || fill();
    }
    return filled > 0;
  }

  private void skipMark() {
    int first = filled < 2 ? 0 : ((buffer[0] & 0xFF) << 8) | (buffer[1] & 0xFF);
    if (first == 0xFEFF || first == 0xFFFE) {
      throw new BatchException(name + ": UTF-16; lines are read as UTF-8");
    }
    if (filled == 3 && Arrays.equals(buffer, 0, 3, BYTE_ORDER_MARK, 0, 3)) {
      next = 3;
    }
  }

  /** Reads up to the next line feed; null if there was nothing but blanks. */
  private @Nullable Line line() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    row++;
    digest.reset();
    heldReturn = false;
    long length = 0;
    boolean blank = true;
    boolean ended = false;
    while (!ended && fill()) {
      int end = next;
      while (end < filled && buffer[end] != '\n') {
        blank &= isBlank(buffer[end++]);
      }
      length += keep(end, length, bytes);
      ended = end < filled;
      next = ended ? end + 1 : end;
    }
    if (blank) {
      return null;
    }
    boolean tooLong = length > longest;
    return new Line(
        ++number,
        row,
        tooLong ? new byte[0] : bytes.toByteArray(),
        tooLong,
        digest.digest(),
        position - (filled - next));
  }

  /** Takes the buffer's bytes up to {@code end} to the line; how many that makes it longer. */
  private long keep(int end, long length, ByteArrayOutputStream bytes) {
    if (end == next) {
      return 0;
    }
    long grown = 0;
    if (heldReturn) {
      grown += put(new byte[] {'\r'}, 0, 1, length, bytes);
    }
    heldReturn = buffer[end - 1] == '\r';
    int count = end - next - (heldReturn ? 1 : 0);
    return grown + put(buffer, next, count, length + grown, bytes);
  }

  private int put(byte[] from, int start, int count, long length, ByteArrayOutputStream bytes) {
    digest.update(from, start, count);
    if (length + count <= longest) {
      bytes.write(from, start, count);
    } else {
      bytes.reset(); // what is too long is not kept
    }
    return count;
  }

  private static boolean isBlank(byte character) {
    return character == ' ' || character == '\t' || character == '\r';
  }
}
