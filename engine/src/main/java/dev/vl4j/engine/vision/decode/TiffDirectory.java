package dev.vl4j.engine.vision.decode;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.OptionalInt;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The first image file directory of a TIFF block within other metadata, as Pillow reads it. It
 * never fails: entries up to one whose values lie outside of the block are there, others are not.
 */
public final class TiffDirectory {
  /** A type of values that are bytes. */
  public static final int BYTE = 1;

  /** A type of values that are bytes of some meaning. */
  public static final int UNDEFINED = 7;

  private static final int HEADER_BYTES = 8;
  private static final int ENTRY_BYTES = 12;

  /** What Pillow takes for a block's first four bytes; some are in no specification. */
  private static final Pattern HEADER =
      Pattern.compile("MM\0[*+]|MM[*]\0|II[*]\0|II\0[*]", Pattern.DOTALL);

  /** Bytes of one value by type; 0 for types that Pillow does not know. */
  private static final int[] TYPE_BYTES = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8};

  private final ByteBuffer block;

  private TiffDirectory(ByteBuffer block) {
    this.block = block;
  }

  /**
   * @param at where the block begins
   * @return null if no block begins there
   */
  public static @Nullable TiffDirectory of(byte[] bytes, int at) {
    if (bytes.length - at < HEADER_BYTES
        || !HEADER.matcher(new String(bytes, at, 4, ISO_8859_1)).matches()) {
      return null;
    }
    ByteOrder order = bytes[at] == 'M' ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
    return new TiffDirectory(ByteBuffer.wrap(bytes, at, bytes.length - at).slice().order(order));
  }

  /** The values of one tag: at least one, all within the block. */
  public final class Entry {
    private final int type;
    private final int count;
    private final int at;

    private Entry(int type, int count, int at) {
      this.type = type;
      this.count = count;
      this.at = at;
    }

    /** By the TIFF specification: 3 are 16-bit numbers, for instance. */
    public int type() {
      return type;
    }

    /** The values as they are stored, {@code count} times what the type takes. */
    public byte[] bytes() {
      byte[] bytes = new byte[count * TYPE_BYTES[type]];
      block.get(at, bytes);
      return bytes;
    }

    /** The first value if it is a whole number of some numeric type. Bytes are none to Pillow. */
    public OptionalInt firstNumber() {
      double value =
          switch (type) {
            case 3 -> block.getShort(at) & 0xffff;
            case 4, 13 -> unsigned(at);
            case 5 -> (double) unsigned(at) / unsigned(at + 4);
            case 6 -> block.get(at);
            case 8 -> block.getShort(at);
            case 9 -> block.getInt(at);
            case 10 -> (double) block.getInt(at) / block.getInt(at + 4);
            case 11 -> block.getFloat(at);
            case 12 -> block.getDouble(at);
            case 16 -> block.getLong(at);
            default -> Double.NaN;
          };
      return value == (int) value ? OptionalInt.of((int) value) : OptionalInt.empty();
    }
  }

  /** The tag's entry, the last of several; null if there is none. */
  public @Nullable Entry find(int tag) {
    Entry found = null;
    long at = unsigned(4);
    if (at + 2 > block.limit()) {
      return null;
    }
    int entries = block.getShort((int) at) & 0xffff;
    at += 2;
    for (int i = 0; i < entries && at + ENTRY_BYTES <= block.limit(); i++, at += ENTRY_BYTES) {
      int entry = (int) at;
      int type = block.getShort(entry + 2) & 0xffff;
      int unit = type < TYPE_BYTES.length ? TYPE_BYTES[type] : 0;
      long size = unit * unsigned(entry + 4);
      long values = size > 4 ? unsigned(entry + 8) : entry + 8;
      if (values + size > block.limit()) {
        break;
      }
      if ((block.getShort(entry) & 0xffff) == tag && size > 0) {
        found = new Entry(type, block.getInt(entry + 4), (int) values);
      }
    }
    return found;
  }

  private long unsigned(int at) {
    return block.getInt(at) & 0xffff_ffffL;
  }
}
