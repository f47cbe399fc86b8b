package dev.vl4j.engine.vision.tiff;

import dev.vl4j.engine.vision.decode.BrokenImageException;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;

/**
 * A strip's JPEG, put together with its tables. What the TIFF says about colours counts, so markers
 * that say otherwise are left out.
 */
final class JpegStream {
  /** Factors of 1 in both directions. */
  static final int NOT_SUBSAMPLED = 0x11;

  private static final int TEMPORARY = 0x01;
  private static final int FIRST_FRAME = 0xc0;
  private static final int LAST_FRAME = 0xcf;
  private static final int FIRST_RESTART = 0xd0;
  private static final int START = 0xd8;
  private static final int END = 0xd9;
  private static final int SCAN = 0xda;
  private static final int COMMENT = 0xfe;
  private static final int FIRST_APPLICATION = 0xe0;
  private static final int LAST_APPLICATION = 0xef;

  private static final byte[] ADOBE = {
    (byte) 0xff, (byte) 0xee, 0, 14, 'A', 'd', 'o', 'b', 'e', 0, 100, 0, 0, 0, 0
  };

  private final ByteArrayOutputStream segments = new ByteArrayOutputStream();
  private byte[] frame = new byte[0];

  /**
   * @param tables an abbreviated stream, or nothing
   * @param bytes the strip lies in here
   * @throws BrokenImageException if one of the streams is broken before its first scan
   */
  JpegStream(byte[] tables, byte[] bytes, int from, int length) throws BrokenImageException {
    if (tables.length > 0) {
      copySegments(tables, 0, tables.length);
      if (frame.length > 0) {
        throw new BrokenImageException("its JPEGTables has a whole image");
      }
    }
    copySegments(bytes, from, from + length);
    if (frame.length < 6 || frame.length < 6 + 3 * components()) {
      throw new BrokenImageException("its JPEG strips have no image");
    }
  }

  private void copySegments(byte[] bytes, int from, int to) throws BrokenImageException {
    if (to - from < 2 || bytes[from] != (byte) 0xff || (bytes[from + 1] & 0xff) != START) {
      throw new BrokenImageException("its JPEG data does not begin as a JPEG");
    }
    int at = from + 2;
    while (at + 1 < to) {
      int marker = bytes[at + 1] & 0xff;
      if (bytes[at] != (byte) 0xff || marker == 0 || marker == 0xff) {
        at++; // Decoders look for the next marker.
        continue;
      }
      if (marker == END) {
        return;
      }
      if (marker == SCAN) {
        segments.write(bytes, at, to - at);
        return;
      }
      if (marker == TEMPORARY || (marker >= FIRST_RESTART && marker < START)) {
        at += 2;
        continue;
      }
      if (marker < FIRST_FRAME || (marker > LAST_APPLICATION && marker != COMMENT)) {
        throw new BrokenImageException(
            "its JPEG data has an unknown marker, FF%02X".formatted(marker));
      }
      if (at + 4 > to) {
        return;
      }
      int length = (bytes[at + 2] & 0xff) << 8 | (bytes[at + 3] & 0xff);
      int end = at + 2 + Math.max(length, 2);
      byte[] segment = Arrays.copyOfRange(bytes, at, end);
      // Where the data ends, libtiff goes on with end markers.
      for (int i = to - at; i < segment.length; i++) {
        segment[i] = (byte) ((i - (to - at)) % 2 == 0 ? 0xff : END);
      }
      if (isFrame(marker)) {
        frame = Arrays.copyOfRange(segment, 4, segment.length);
      }
      if (marker != COMMENT && (marker < FIRST_APPLICATION || marker > LAST_APPLICATION)) {
        segments.writeBytes(segment);
      }
      at = end;
    }
  }

  private static boolean isFrame(int marker) {
    return marker >= FIRST_FRAME
        && marker <= LAST_FRAME
        && marker != 0xc4
        && marker != 0xc8
        && marker != 0xcc;
  }

  int height() {
    return (frame[1] & 0xff) << 8 | (frame[2] & 0xff);
  }

  int width() {
    return (frame[3] & 0xff) << 8 | (frame[4] & 0xff);
  }

  int components() {
    return frame[5] & 0xff;
  }

  /** A component's factors across and down, four bits each. */
  int sampling(int component) {
    return frame[7 + 3 * component] & 0xff;
  }

  /**
   * A file of its own. An end marker follows what may break off, as libtiff has it.
   *
   * @param ycbcr whether three components are YCbCr; else they are RGB
   */
  byte[] whole(boolean ycbcr) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(segments.size() + 20);
    out.write(0xff);
    out.write(START);
    if (components() == 3) {
      out.write(ADOBE, 0, ADOBE.length);
      out.write(ycbcr ? 1 : 0);
    }
    out.writeBytes(segments.toByteArray());
    out.write(0xff);
    out.write(END);
    return out.toByteArray();
  }
}
