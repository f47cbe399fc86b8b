package dev.vl4j.engine.vision.png;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.vl4j.engine.vision.decode.BrokenImageException;
import dev.vl4j.engine.vision.decode.ExifOrientation;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/**
 * What a PNG says beside its pixels: texts, colour profile, EXIF and XMP, in Pillow's one
 * dictionary for all of them. Of these the orientation is used; the rest is read as far as Pillow
 * would refuse a file for it.
 */
final class PngText {
  /** The most that Pillow inflates of one chunk. */
  private static final int MAX_INFLATED = 1 << 20;

  /** The most characters that Pillow takes in all chunks, and here bytes of profiles, too. */
  private static final long MAX_TOTAL = 64L << 20;

  private static final String RAW_EXIF = "Raw profile type exif";
  private static final String XMP = "XML:com.adobe.xmp";

  private final Map<String, byte[]> texts = new HashMap<>(); // only those that somebody reads
  private byte @Nullable [] exif;
  private boolean exifIsText;
  private long total;

  /** Whether there is a text by this name, and it is not empty. */
  boolean has(String key) {
    byte[] text = texts.get(key);
    return text != null && text.length > 0;
  }

  boolean contains(String key) {
    return texts.containsKey(key);
  }

  void exif(byte[] data) {
    exif = data;
    exifIsText = false;
  }

  void latin(byte[] data) throws BrokenImageException {
    int end = indexOf(data, 0, 0);
    byte[] key = Arrays.copyOf(data, end < 0 ? data.length : end);
    byte[] value = end < 0 ? new byte[0] : Arrays.copyOfRange(data, end + 1, data.length);
    if (key.length > 0) {
      if (is(key, "exif")) {
        exif(value);
      }
      put(new String(key, ISO_8859_1), value, value.length);
    }
  }

  void compressed(byte[] data) throws BrokenImageException {
    int end = indexOf(data, 0, 0);
    byte[] key = Arrays.copyOf(data, end < 0 ? data.length : end);
    int start = end < 0 ? data.length : end + 1;
    if (start < data.length && data[start] != 0) {
      throw new BrokenImageException(
          "a zTXt chunk is compressed in the unknown way " + (data[start] & 0xff));
    }
    byte[] inflated = inflate(data, Math.min(start + 1, data.length), "zTXt");
    byte[] value = inflated == null ? new byte[0] : inflated;
    if (key.length > 0) {
      if (is(key, "exif")) {
        exifIsText = true;
      }
      put(new String(key, ISO_8859_1), value, value.length);
    }
  }

  void international(byte[] data) throws BrokenImageException {
    int keyEnd = indexOf(data, 0, 0);
    if (keyEnd < 0 || keyEnd + 3 > data.length) {
      return;
    }
    boolean packed = data[keyEnd + 1] != 0;
    boolean unknownMethod = data[keyEnd + 2] != 0;
    int languageEnd = indexOf(data, keyEnd + 3, 0);
    int translatedEnd = languageEnd < 0 ? -1 : indexOf(data, languageEnd + 1, 0);
    if (translatedEnd < 0 || (packed && unknownMethod)) {
      return;
    }
    byte[] value =
        packed
            ? inflate(data, translatedEnd + 1, "iTXt")
            : Arrays.copyOfRange(data, translatedEnd + 1, data.length);
    if (value == null) {
      return;
    }
    String key = new String(data, 0, keyEnd, ISO_8859_1);
    if (key.equals(XMP)) {
      texts.put("xmp", value);
    }
    if (isUtf8(data, keyEnd + 3, languageEnd)
        && isUtf8(data, languageEnd + 1, translatedEnd)
        && isUtf8(value, 0, value.length)) {
      if (key.equals("exif")) {
        exifIsText = true;
      }
      put(key, value, new String(value, UTF_8).codePoints().count());
    }
  }

  void profile(byte[] data) throws BrokenImageException {
    // Without an end of its name Pillow takes the first byte for the method.
    int method = indexOf(data, 0, 0) + 1;
    if (method >= data.length) {
      throw new BrokenImageException("its iCCP chunk is too short");
    }
    if (data[method] != 0) {
      throw new BrokenImageException(
          "its iCCP chunk is compressed in the unknown way " + (data[method] & 0xff));
    }
    byte[] inflated = inflate(data, method + 1, "iCCP");
    count(inflated == null ? 0 : inflated.length);
  }

  private void put(String key, byte[] value, long characters) throws BrokenImageException {
    switch (key) {
      case RAW_EXIF, XMP, "xmp", "transparency", "interlace", "bbox" -> texts.put(key, value);
      default -> {}
    }
    count(characters);
  }

  private void count(long more) throws BrokenImageException {
    total += more;
    if (total > MAX_TOTAL) {
      throw new BrokenImageException("it has more than 64 MiB of text and profiles");
    }
  }

  /** The orientation that Pillow's {@code exif_transpose} would apply, 1 to 8. */
  int orientation() {
    byte[] block = exif;
    if (exifIsText) {
      return ExifOrientation.UPRIGHT;
    }
    if (block == null && texts.containsKey(RAW_EXIF)) {
      try {
        block = hex(texts.getOrDefault(RAW_EXIF, new byte[0]));
      } catch (IllegalArgumentException e) {
        return ExifOrientation.UPRIGHT; // Pillow fails here, and leaves the image as it is
      }
    }
    return ExifOrientation.of(block, has(XMP) ? texts.get(XMP) : texts.get("xmp"));
  }

  /** ImageMagick's form: three lines of heading, then hexadecimal digits, spaces between bytes. */
  private static byte[] hex(byte[] text) {
    String[] lines = new String(text, ISO_8859_1).split("\n", 4);
    String digits = lines.length < 4 ? "" : lines[3].replace("\n", "");
    return HexFormat.of().parseHex(digits.replaceAll("\\s*(\\p{XDigit}{2})\\s*", "$1"));
  }

  /**
   * Inflates the rest of a chunk.
   *
   * @return null if it is broken, which Pillow does not mind
   */
  private static byte @Nullable [] inflate(byte[] data, int from, String chunk)
      throws BrokenImageException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    byte[] buffer = new byte[8192];
    try (Inflater inflater = new Inflater()) {
      inflater.setInput(data, from, data.length - from);
      while (!inflater.finished() && !inflater.needsDictionary()) {
        int room = Math.min(buffer.length, MAX_INFLATED - out.size());
        if (room == 0 && inflater.getRemaining() == 0) {
          break;
        }
        if (room == 0) {
          throw new BrokenImageException(
              "its %s chunk holds more than %d bytes".formatted(chunk, MAX_INFLATED));
        }
        int count = inflater.inflate(buffer, 0, room);
        out.write(buffer, 0, count);
        if (count < room && inflater.needsInput()) {
          break;
        }
      }
      return inflater.needsDictionary() ? null : out.toByteArray();
    } catch (DataFormatException e) {
      return null;
    }
  }

  private static boolean is(byte[] key, String name) {
    return Arrays.equals(key, name.getBytes(ISO_8859_1));
  }

  private static int indexOf(byte[] data, int from, int value) {
    for (int i = from; i < data.length; i++) {
      if (data[i] == value) {
        return i;
      }
    }
    return -1;
  }

  private static boolean isUtf8(byte[] bytes, int from, int to) {
    try {
      UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes, from, to - from));
      return true;
    } catch (CharacterCodingException e) {
      return false;
    }
  }
}
