package dev.vl4j.engine.vision.tiff;

import dev.vl4j.engine.limits.WorkGuard;
import dev.vl4j.engine.vision.decode.BrokenImageException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The first image file directory of a TIFF or BigTIFF file.
 *
 * <p>Pillow reads it, and for compressed images libtiff does so again by other rules. Both readings
 * are kept: of entries with one tag, Pillow takes the last and libtiff the first; Pillow stops at
 * an entry whose values lie outside of the file, and libtiff leaves such entries out.
 */
final class TiffDirectory {
  private static final int ENTRIES_BETWEEN_CHECKS = 4096;

  private final byte[] bytes;
  private final ByteBuffer file;
  private final boolean big;
  private final int at;
  private final Map<TiffTag, TiffField> pillow = new EnumMap<>(TiffTag.class);
  private final Map<TiffTag, TiffField> libtiff = new EnumMap<>(TiffTag.class);

  private TiffDirectory(byte[] bytes, ByteBuffer file, boolean big, int at) {
    this.bytes = bytes;
    this.file = file;
    this.big = big;
    this.at = at;
  }

  /** Whether the first four bytes are ones that Pillow accepts; some are in no specification. */
  static boolean hasHeader(byte[] bytes) {
    if (bytes.length < 4) {
      return false;
    }
    return switch (new String(bytes, 0, 4, StandardCharsets.ISO_8859_1)) {
      case "MM\0*", "II*\0", "MM*\0", "II\0*", "MM\0+", "II+\0" -> true;
      default -> false;
    };
  }

  /**
   * @throws BrokenImageException if Pillow does not accept the header
   */
  static TiffDirectory read(byte[] bytes, WorkGuard guard) throws BrokenImageException {
    if (bytes.length < 8 || !hasHeader(bytes)) {
      throw new BrokenImageException("its TIFF header is broken or cut off");
    }
    boolean bigEndian = bytes[0] == 'M';
    ByteBuffer file =
        ByteBuffer.wrap(bytes).order(bigEndian ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
    int version = bytes[2] + bytes[3];
    if (bigEndian && version == 43) {
      throw new BrokenImageException("BigTIFF in big-endian byte order is not supported");
    }
    boolean big = version == 43;
    if (big && bytes.length < 16) {
      throw new BrokenImageException("its BigTIFF header is cut off");
    }
    long at = big ? file.getLong(8) : file.getInt(4) & 0xffff_ffffL;
    if (at == 0) {
      throw new BrokenImageException("it has no image file directory");
    }
    if (at < 0 || at > bytes.length) {
      throw new BrokenImageException("its image file directory lies outside of the file");
    }
    TiffDirectory directory = new TiffDirectory(bytes, file, big, (int) at);
    directory.readEntries(guard);
    return directory;
  }

  private void readEntries(WorkGuard guard) {
    boolean pillowReads = true;
    long entries = entryCount();
    long entry = firstEntry();
    for (long i = 0; i < entries && entry + entryBytes() <= file.limit(); i++) {
      if (i % ENTRIES_BETWEEN_CHECKS == 0) {
        guard.check();
      }
      int position = (int) entry;
      entry += entryBytes();
      int type = file.getShort(position + 2) & 0xffff;
      long count = big ? file.getLong(position + 4) : file.getInt(position + 4) & 0xffff_ffffL;
      TiffTag tag = TiffTag.of(file.getShort(position) & 0xffff);
      TiffField field = field(position, type, count);
      boolean skipped = TiffField.bytesOf(type) == 0 || count == 0;
      if (field == null && !skipped) {
        pillowReads = false;
      }
      if (tag != null) {
        if (field != null && pillowReads) {
          pillow.put(tag, field);
        }
        libtiff.putIfAbsent(tag, field == null ? unreadable(tag, position, type, count) : field);
      }
    }
  }

  /** An entry's values, or null if it has none that can be read. */
  private @Nullable TiffField field(int entry, int type, long count) {
    int unit = TiffField.bytesOf(type);
    if (unit == 0 || count <= 0 || count > file.limit() / unit) {
      return null;
    }
    long values = valuesAt(entry, count * unit);
    if (values < 0 || values > file.limit() - count * unit) {
      return null;
    }
    return new TiffField(type, (int) count, count, file, (int) values);
  }

  /** What libtiff makes of an entry without values: of lists of strips it reads the beginning. */
  private TiffField unreadable(TiffTag tag, int entry, int type, long count) {
    int unit = TiffField.bytesOf(type);
    long values = valuesAt(entry, file.limit());
    if (!tag.listsStrips() || unit == 0 || values < 0 || values > file.limit()) {
      return new TiffField(0, 0, count, file, 0);
    }
    long readable = (file.limit() - values) / unit;
    int some = (int) (count < 0 ? readable : Math.min(count, readable));
    return new TiffField(type, some, count, file, (int) values);
  }

  /** Where an entry's values begin; negative, or past the end, where it is wrong. */
  private long valuesAt(int entry, long size) {
    int field = entry + (big ? 12 : 8);
    if (size <= (big ? 8 : 4)) {
      return field;
    }
    return big ? file.getLong(field) : file.getInt(field) & 0xffff_ffffL;
  }

  private int countBytes() {
    return big ? 8 : 2;
  }

  private int entryBytes() {
    return big ? 20 : 12;
  }

  private long firstEntry() {
    return (long) at + countBytes();
  }

  /** As the directory says it, possibly more than the file has. */
  private long entryCount() {
    if (firstEntry() > file.limit()) {
      return 0;
    }
    long count = big ? file.getLong(at) : file.getShort(at) & 0xffff;
    return count < 0 ? Long.MAX_VALUE : count;
  }

  boolean bigEndian() {
    return file.order() == ByteOrder.BIG_ENDIAN;
  }

  /** The whole file. */
  byte[] bytes() {
    return bytes;
  }

  /** An entry as Pillow reads it, or null. */
  @Nullable TiffField find(TiffTag tag) {
    return pillow.get(tag);
  }

  /** An entry as libtiff reads it, or null. */
  @Nullable TiffField findForLibtiff(TiffTag tag) {
    return libtiff.get(tag);
  }

  /**
   * The first value of an entry that Pillow looks up in tables, where a fraction may stand for an
   * integer.
   *
   * @return the value, the fallback if there is no such entry, or -1 if it is no integer from 0 on
   */
  int number(TiffTag tag, int fallback) {
    TiffField field = find(tag);
    if (field == null) {
      return fallback;
    }
    double value = field.number(0);
    return value >= 0 && value <= Integer.MAX_VALUE && value == Math.rint(value) ? (int) value : -1;
  }

  /** The first value of an entry that libtiff does without where it is not a single integer. */
  long numberForLibtiff(TiffTag tag, long fallback) {
    TiffField field = findForLibtiff(tag);
    if (field == null || field.count() != 1 || !field.isIntegerForLibtiff()) {
      return fallback;
    }
    long value = field.integer(0);
    return value >= 0 && value <= 0xffff_ffffL ? value : fallback;
  }

  /**
   * What libtiff requires of a directory and Pillow does not.
   *
   * @throws BrokenImageException if libtiff would not read it
   */
  void checkForLibtiff() throws BrokenImageException {
    if (bytes[bigEndian() ? 2 : 3] != 0) {
      throw new BrokenImageException("its version number is in the wrong byte order");
    }
    if (big && (file.getShort(4) != 8 || file.getShort(6) != 0)) {
      throw new BrokenImageException("its BigTIFF header is broken");
    }
    long entries = entryCount();
    if (entries < 1 || entries > 4096 || firstEntry() + entries * entryBytes() > file.limit()) {
      throw new BrokenImageException("its image file directory is cut off or empty");
    }
  }

  /**
   * The bytes of the file that are neither header nor directory nor values of its entries: what
   * libtiff takes for pixels where no one says how many there are.
   *
   * @throws BrokenImageException if an entry has an unknown type
   */
  long bytesForPixels() throws BrokenImageException {
    long entries = entryCount();
    long used = (big ? 16 : 8) + countBytes() + entries * entryBytes() + (big ? 8 : 4);
    for (int i = 0; i < entries; i++) {
      int entry = (int) firstEntry() + i * entryBytes();
      int type = file.getShort(entry + 2) & 0xffff;
      int unit =
          switch (type) {
            case 0 -> 1;
            case 17, 18 -> 8;
            default -> TiffField.bytesOf(type);
          };
      if (unit == 0) {
        throw new BrokenImageException("it has no StripByteCounts, and an entry of unknown type");
      }
      long count = big ? file.getLong(entry + 4) : file.getInt(entry + 4) & 0xffff_ffffL;
      if (count < 0 || count > Long.MAX_VALUE / 16) {
        throw new BrokenImageException("it has no StripByteCounts, and an entry without end");
      }
      long size = count * unit;
      used = Math.min(used + (size <= (big ? 8 : 4) ? 0 : size), Long.MAX_VALUE / 2);
    }
    return file.limit() < used ? file.limit() : file.limit() - used;
  }
}
