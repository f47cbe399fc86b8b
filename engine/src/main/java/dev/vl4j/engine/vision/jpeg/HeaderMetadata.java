package dev.vl4j.engine.vision.jpeg;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.vl4j.engine.vision.decode.BrokenImageException;
import dev.vl4j.engine.vision.decode.ExifOrientation;
import dev.vl4j.engine.vision.decode.TiffDirectory;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * The metadata before the first scan: what orientation they give, and the few faults in them for
 * which Pillow's own parser refuses a file before libjpeg sees it. They never touch a sample.
 */
final class HeaderMetadata {
  private static final int SHORTEST_NUMBERED_BYTES = 7;
  private static final String EXIF = "Exif\0\0";
  private static final String XMP = "http://ns.adobe.com/xap/1.0/\0";
  private static final String PROFILE = "ICC_PROFILE\0";
  private static final String PHOTOSHOP = "Photoshop 3.0\0";
  private static final String MULTI_PICTURE = "MPF\0";

  /** An ICC chunk's name, number and count. */
  private static final int PROFILE_HEAD_BYTES = PROFILE.length() + 2;

  private static final int RESOLUTION_RESOURCE = 0x3ed;
  private static final int RESOLUTION_BYTES = 14;
  private static final int PICTURES_TAG = 0xb001;
  private static final int PICTURE_ENTRIES_TAG = 0xb002;
  private static final int PICTURE_ENTRY_BYTES = 16;
  private static final int PICTURE_FORMAT_BITS = 0x0700_0000;

  private final ByteArrayOutputStream exif = new ByteArrayOutputStream();
  private byte @Nullable [] xmp;
  private byte @Nullable [] firstProfileChunk;
  private byte @Nullable [] multiPicture;

  /** 1 to 8. */
  int orientation() {
    return ExifOrientation.of(exif.size() == 0 ? null : exif.toByteArray(), xmp);
  }

  /**
   * Takes note of a segment.
   *
   * @param number n of APPn
   */
  void application(int number, byte[] content) throws BrokenImageException {
    switch (number) {
      case 0 -> checkNumbered(content, "JFIF");
      case 1 -> {
        if (startsWith(content, EXIF)) {
          int start = exif.size() == 0 ? 0 : EXIF.length();
          exif.write(content, start, content.length - start);
        } else if (startsWith(content, XMP)) {
          xmp = Arrays.copyOfRange(content, XMP.length(), content.length);
        }
      }
      case 2 -> {
        if (startsWith(content, PROFILE)) {
          if (firstProfileChunk == null || Arrays.compareUnsigned(content, firstProfileChunk) < 0) {
            firstProfileChunk = content;
          }
        } else if (startsWith(content, MULTI_PICTURE)) {
          multiPicture = content;
        }
      }
      case 13 -> checkPhotoshop(content);
      case 14 -> checkNumbered(content, "Adobe");
      default -> {
        // Pillow keeps it unread.
      }
    }
  }

  static boolean startsWith(byte[] content, String text) {
    byte[] bytes = text.getBytes(ISO_8859_1);
    return content.length >= bytes.length
        && Arrays.equals(content, 0, bytes.length, bytes, 0, bytes.length);
  }

  private static void checkNumbered(byte[] content, String name) throws BrokenImageException {
    if (startsWith(content, name) && content.length < SHORTEST_NUMBERED_BYTES) {
      throw new BrokenImageException("its %s segment ends before its version".formatted(name));
    }
  }

  /** Walks through the resources as Pillow does, which falls over one that ends before its name. */
  private static void checkPhotoshop(byte[] content) throws BrokenImageException {
    if (!startsWith(content, PHOTOSHOP)) {
      return;
    }
    ByteBuffer resources = ByteBuffer.wrap(content);
    long at = PHOTOSHOP.length();
    while (at + 6 <= content.length
        && new String(content, (int) at, 4, ISO_8859_1).equals("8BIM")) {
      int code = resources.getShort((int) at + 4) & 0xffff;
      at += 6;
      if (at == content.length) {
        throw new BrokenImageException("its Photoshop segment ends within a resource's head");
      }
      at += 1 + (content[(int) at] & 0xff);
      at += at & 1;
      if (at + 4 > content.length) {
        return;
      }
      long size = resources.getInt((int) at) & 0xffff_ffffL;
      at += 4;
      if (code == RESOLUTION_RESOURCE && Math.min(size, content.length - at) < RESOLUTION_BYTES) {
        return;
      }
      at += size;
      at += at & 1;
    }
  }

  /** Called for the frame header: here Pillow puts the profile's chunks so far together. */
  void frame() throws BrokenImageException {
    if (firstProfileChunk != null && firstProfileChunk.length < PROFILE_HEAD_BYTES) {
      throw new BrokenImageException("a chunk of its colour profile ends before its number");
    }
    firstProfileChunk = null;
  }

  /** Called for the first scan header: then Pillow looks whether there are more images. */
  void firstScan() throws BrokenImageException {
    byte[] segment = multiPicture;
    if (segment == null) {
      return;
    }
    TiffDirectory index = TiffDirectory.of(segment, MULTI_PICTURE.length());
    if (index == null) {
      return;
    }
    TiffDirectory.Entry images = index.find(PICTURES_TAG);
    TiffDirectory.Entry entries = index.find(PICTURE_ENTRIES_TAG);
    if (images == null || entries == null || !isBytes(entries)) {
      return;
    }
    OptionalInt count = images.firstNumber();
    byte[] content = entries.bytes();
    ByteBuffer attributes = ByteBuffer.wrap(content).order(entryOrder(segment));
    for (long i = 0; i < count.orElse(0); i++) {
      long at = i * PICTURE_ENTRY_BYTES;
      if (at + PICTURE_ENTRY_BYTES > content.length) {
        throw new BrokenImageException(
            "its index of %d images has room for %d"
                .formatted(count.getAsInt(), content.length / PICTURE_ENTRY_BYTES));
      }
      if ((attributes.getInt((int) at) & PICTURE_FORMAT_BITS) != 0) {
        return;
      }
    }
  }

  private static boolean isBytes(TiffDirectory.Entry entry) {
    return entry.type() == TiffDirectory.BYTE || entry.type() == TiffDirectory.UNDEFINED;
  }

  /** Pillow reads entries from the other end where the block's mark is not the usual one. */
  private static ByteOrder entryOrder(byte[] segment) {
    return startsWith(segment, MULTI_PICTURE + "MM\0*")
        ? ByteOrder.BIG_ENDIAN
        : ByteOrder.LITTLE_ENDIAN;
  }
}
