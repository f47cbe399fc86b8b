package dev.vl4j.engine.vision.decode;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

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

  private static final int TAG = 274;
  private static final String EXIF_PREFIX = "Exif\0\0";
  private static final Pattern XMP_ORIENTATION =
      Pattern.compile("tiff:Orientation(?:=\"|>)([0-9])");

  private ExifOrientation() {}

  /**
   * @param exif a TIFF block, with or without "Exif" and two zeros before it; or null
   * @param xmp an XMP packet, which counts where the EXIF block has no orientation; or null
   * @return 1 to 8
   */
  public static int of(byte @Nullable [] exif, byte @Nullable [] xmp) {
    int start = exif == null ? 0 : startOfTiff(exif);
    if (exif != null && start < exif.length) {
      TiffDirectory directory = TiffDirectory.of(exif, start);
      if (directory == null) {
        return UPRIGHT;
      }
      TiffDirectory.Entry entry = directory.find(TAG);
      if (entry != null) {
        return valid(entry.firstNumber());
      }
    }
    return xmp == null ? UPRIGHT : valid(inXmp(xmp));
  }

  private static int valid(OptionalInt orientation) {
    int value = orientation.orElse(UPRIGHT);
    return value >= 1 && value <= 8 ? value : UPRIGHT;
  }

  private static int startOfTiff(byte[] exif) {
    int length = EXIF_PREFIX.length();
    int start = 0;
    while (exif.length - start >= length
        && new String(exif, start, length, ISO_8859_1).equals(EXIF_PREFIX)) {
      start += length;
    }
    return start;
  }

  private static OptionalInt inXmp(byte[] xmp) {
    Matcher matcher = XMP_ORIENTATION.matcher(new String(xmp, ISO_8859_1));
    return matcher.find()
        ? OptionalInt.of(Integer.parseInt(matcher.group(1)))
        : OptionalInt.empty();
  }
}
