package dev.vl4j.engine.vision.decode;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The orientation that Pillow's {@code Image.getexif} finds in a file's EXIF block, or else in its
 * XMP packet. It never fails: metadata that Pillow chokes on say nothing about orientation.
 */
public final class ExifOrientation {
  /** How an image stands that needs no turning. */
  public static final int UPRIGHT = 1;

  private static final int ORIENTATION_TAG = 274;
  private static final String EXIF_PREFIX = "Exif\0\0";

  /** What Pillow takes for the first four bytes of a TIFF block; some are in no specification. */
  private static final Pattern TIFF_HEADER =
      Pattern.compile("MM\0[*+]|MM[*]\0|II[*]\0|II\0[*]", Pattern.DOTALL);

  private static final Pattern XMP_ORIENTATION =
      Pattern.compile("tiff:Orientation(?:=\"|>)([0-9])");

  private ExifOrientation() {}

  /**
   * @param exif a TIFF block, with or without "Exif" and two zeros before it; or null
   * @param xmp an XMP packet, which counts where the EXIF block has no orientation; or null
   * @return 1 to 8
   */
  public static int of(byte @Nullable [] exif, byte @Nullable [] xmp) {
    OptionalInt found = OptionalInt.empty();
    if (exif != null) {
      int start = startOfTiff(exif);
      if (start < exif.length) {
        if (!isTiff(exif, start)) {
          return UPRIGHT;
        }
        found = new TiffDirectory(exif, start).orientation();
      }
    }
    if (found.isEmpty() && xmp != null) {
      found = inXmp(xmp);
    }
    int orientation = found.orElse(UPRIGHT);
    return orientation >= 1 && orientation <= 8 ? orientation : UPRIGHT;
  }

  private static int startOfTiff(byte[] exif) {
    int start = 0;
    while (text(exif, start, EXIF_PREFIX.length()).equals(EXIF_PREFIX)) {
      start += EXIF_PREFIX.length();
    }
    return start;
  }

  private static boolean isTiff(byte[] exif, int start) {
    return exif.length - start >= 8 && TIFF_HEADER.matcher(text(exif, start, 4)).matches();
  }

  private static String text(byte[] bytes, int from, int length) {
    return new String(bytes, from, Math.min(length, bytes.length - from), ISO_8859_1);
  }

  private static OptionalInt inXmp(byte[] xmp) {
    Matcher matcher = XMP_ORIENTATION.matcher(new String(xmp, ISO_8859_1));
    return matcher.find()
        ? OptionalInt.of(Integer.parseInt(matcher.group(1)))
        : OptionalInt.empty();
  }

  /** The first image file directory of a TIFF block. */
  private static final class TiffDirectory {
    private static final int ENTRY_BYTES = 12;

    /** Bytes of one value by type; 0 for types that Pillow does not know. */
    private static final int[] TYPE_BYTES = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8};

    private final ByteBuffer block;

    TiffDirectory(byte[] bytes, int start) {
      block =
          ByteBuffer.wrap(bytes, start, bytes.length - start)
              .slice()
              .order(bytes[start] == 'M' ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
    }

    /** The last entry counts, up to one whose values lie outside of the block. */
    OptionalInt orientation() {
      OptionalInt found = OptionalInt.empty();
      long at = unsigned(block.getInt(4));
      if (at + 2 > block.limit()) {
        return found;
      }
      int entries = block.getShort((int) at) & 0xffff;
      at += 2;
      for (int i = 0; i < entries && at + ENTRY_BYTES <= block.limit(); i++, at += ENTRY_BYTES) {
        int entry = (int) at;
        int type = block.getShort(entry + 2) & 0xffff;
        int unit = type < TYPE_BYTES.length ? TYPE_BYTES[type] : 0;
        long size = unit * unsigned(block.getInt(entry + 4));
        long values = size > 4 ? unsigned(block.getInt(entry + 8)) : entry + 8;
        if (values + size > block.limit()) {
          break;
        }
        boolean isOrientation = (block.getShort(entry) & 0xffff) == ORIENTATION_TAG;
        if (isOrientation && size > 0) {
          found = OptionalInt.of(firstValue(type, (int) values));
        }
      }
      return found;
    }

    /** A whole number of any numeric type; bytes and text are none to Pillow. */
    private int firstValue(int type, int at) {
      double value =
          switch (type) {
            case 3 -> block.getShort(at) & 0xffff;
            case 4, 13 -> unsigned(block.getInt(at));
            case 5 -> (double) unsigned(block.getInt(at)) / unsigned(block.getInt(at + 4));
            case 6 -> block.get(at);
            case 8 -> block.getShort(at);
            case 9 -> block.getInt(at);
            case 10 -> (double) block.getInt(at) / block.getInt(at + 4);
            case 11 -> block.getFloat(at);
            case 12 -> block.getDouble(at);
            case 16 -> block.getLong(at);
            default -> UPRIGHT;
          };
      return value == Math.rint(value) ? (int) value : UPRIGHT;
    }

    private static long unsigned(int value) {
      return value & 0xffff_ffffL;
    }
  }
}
