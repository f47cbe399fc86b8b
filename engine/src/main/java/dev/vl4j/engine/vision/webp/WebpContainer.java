package dev.vl4j.engine.vision.webp;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.vl4j.engine.limits.WorkGuard;
import dev.vl4j.engine.vision.decode.BrokenImageException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The RIFF container of a WebP file, read as strictly as libwebp's demuxer reads it for Pillow:
 * every chunk has to be whole, and every frame of an animation has to begin well, though only the
 * first one is wanted.
 */
final class WebpContainer {
  private static final int RIFF_HEADER = 12;
  private static final int CHUNK_HEADER = 8;
  private static final int EXTENDED_HEADER = 10;
  private static final int ANIMATION_HEADER = 6;
  private static final int FRAME_HEADER = 16;

  private static final int ANIMATED = 2;
  private static final int HAS_XMP = 4;
  private static final int HAS_EXIF = 8;
  private static final int HAS_ALPHA = 16;
  private static final int KNOWN_FLAGS = 62;

  private final byte[] file;
  private final WorkGuard guard;
  private final int end; // of the RIFF chunk
  private int at = RIFF_HEADER;

  private int flags;
  private int width;
  private int height;
  private boolean alpha;
  private boolean framesMayFollow; // an ANIM chunk was there
  private @Nullable WebpFrame first;
  private byte @Nullable [] exif;
  private byte @Nullable [] xmp;

  private WebpContainer(byte[] file, WorkGuard guard) throws BrokenImageException {
    this.file = file;
    this.guard = guard;
    if (file.length < RIFF_HEADER + CHUNK_HEADER || !hasHeader(file)) {
      throw new BrokenImageException("its WebP header is broken or cut off");
    }
    long size = size(0);
    if (size < RIFF_HEADER) {
      throw new BrokenImageException("its RIFF chunk has only %d bytes".formatted(size));
    }
    if (size > file.length - CHUNK_HEADER) {
      throw new BrokenImageException(
          "it is truncated: %d bytes of %d".formatted(file.length, size + CHUNK_HEADER));
    }
    end = (int) size + CHUNK_HEADER;
  }

  /** Whether a file begins with RIFF, four bytes, and WEBP. */
  static boolean hasHeader(byte[] file) {
    if (file.length < RIFF_HEADER) {
      return false;
    }
    String start = new String(file, 0, RIFF_HEADER, ISO_8859_1);
    return start.startsWith("RIFF") && start.endsWith("WEBP");
  }

  /**
   * @throws BrokenImageException if Pillow would not open the file
   */
  static WebpContainer read(byte[] file, WorkGuard guard) throws BrokenImageException {
    WebpContainer container = new WebpContainer(file, guard);
    switch (container.tag()) {
      case "VP8 ", "VP8L" -> container.readSimple();
      case "VP8X" -> container.readExtended();
      default -> throw new BrokenImageException("its first WebP chunk is of no known kind");
    }
    return container;
  }

  /** In pixels. */
  int width() {
    return width;
  }

  /** In pixels. */
  int height() {
    return height;
  }

  /** Whether Pillow opens the file as RGBA. */
  boolean alpha() {
    return alpha;
  }

  WebpFrame firstFrame() throws BrokenImageException {
    if (first == null) {
      throw new BrokenImageException("it has no WebP image");
    }
    return first;
  }

  byte @Nullable [] exif() {
    return exif;
  }

  byte @Nullable [] xmp() {
    return xmp;
  }

  private void readSimple() throws BrokenImageException {
    WebpFrame frame = readFrame(0, 0, 0);
    if (frame != null) {
      width = frame.width();
      height = frame.height();
      alpha = frame.bitstream().alpha();
      first = frame.withoutAlphaChunk();
    }
  }

  private void readExtended() throws BrokenImageException {
    if (size(at) != EXTENDED_HEADER || end - at < CHUNK_HEADER + EXTENDED_HEADER) {
      throw new BrokenImageException("its VP8X chunk does not have 10 bytes");
    }
    flags = file[at + 8] & 0xff;
    width = WebpBitstream.bits24(file, at + 12) + 1;
    height = WebpBitstream.bits24(file, at + 15) + 1;
    alpha = (flags & HAS_ALPHA) != 0;
    if ((flags & ~KNOWN_FLAGS) != 0) {
      throw new BrokenImageException("its VP8X chunk has unknown flags");
    }
    at += CHUNK_HEADER + EXTENDED_HEADER;
    do {
      guard.check();
      readChunk();
    } while (at < end);
  }

  private boolean animated() {
    return (flags & ANIMATED) != 0;
  }

  private void readChunk() throws BrokenImageException {
    int length = paddedLength();
    switch (tag()) {
      case "VP8X" -> throw new BrokenImageException("it has two VP8X chunks");
      case "ALPH", "VP8 ", "VP8L" -> readStill();
      case "ANMF" -> readAnimationFrame(length);
      case "ANIM" -> {
        if (length < ANIMATION_HEADER) {
          throw new BrokenImageException("its ANIM chunk is cut off");
        }
        framesMayFollow = true;
        skip(length);
      }
      case "EXIF" -> {
        if (exif == null && (flags & HAS_EXIF) != 0) {
          exif = content();
        }
        skip(length);
      }
      case "XMP " -> {
        if (xmp == null && (flags & HAS_XMP) != 0) {
          xmp = content();
        }
        skip(length);
      }
      default -> skip(length);
    }
  }

  private void readStill() throws BrokenImageException {
    if (framesMayFollow || animated() || first != null) {
      throw new BrokenImageException("it has a WebP image besides its frames");
    }
    WebpFrame frame = readFrame(0, 0, 0);
    if (frame == null) {
      return;
    }
    if (frame.width() != width || frame.height() != height) {
      throw new BrokenImageException(
          "its canvas is %d x %d, but its image %d x %d"
              .formatted(width, height, frame.width(), frame.height()));
    }
    // Without the flag an ALPH chunk is not decoded, though Pillow takes the mode from it.
    first = alpha ? frame : frame.withoutAlphaChunk();
    alpha =
        frame.hasAlphaChunk() || (frame.bitstream().lossless() ? frame.bitstream().alpha() : alpha);
  }

  private void readAnimationFrame(int length) throws BrokenImageException {
    if (!framesMayFollow) {
      throw new BrokenImageException("its frames come before its ANIM chunk");
    }
    if (length < FRAME_HEADER) {
      throw new BrokenImageException("its ANMF chunk is cut off");
    }
    int start = at + CHUNK_HEADER;
    int x = 2 * WebpBitstream.bits24(file, start);
    int y = 2 * WebpBitstream.bits24(file, start + 3);
    at = start + FRAME_HEADER;
    WebpFrame frame = readFrame(x, y, length - FRAME_HEADER);
    if (at > start + length) {
      throw new BrokenImageException("its ANMF chunk is shorter than the frame in it");
    }
    if (frame == null || !animated()) {
      return;
    }
    if (frame.width() + x > width || frame.height() + y > height) {
      throw new BrokenImageException("a frame goes past the edge of its canvas");
    }
    if (first == null) {
      first = frame;
    }
  }

  /**
   * Reads an ALPH chunk and a VP8 chunk, or a VP8L chunk, and stops at anything else.
   *
   * @param least bytes that there have to be
   * @return null if there is none of them
   */
  private @Nullable WebpFrame readFrame(int x, int y, int least) throws BrokenImageException {
    int alphaFrom = -1;
    int imageFrom = -1;
    int imageTo = -1;
    WebpBitstream bitstream = null;
    if (end - at < Math.max(least, CHUNK_HEADER)) {
      throw new BrokenImageException("it is truncated: a WebP frame is cut off");
    }
    do {
      int length = paddedLength();
      String tag = tag();
      boolean lossless = tag.equals("VP8L");
      if (tag.equals("ALPH") && alphaFrom < 0) {
        alphaFrom = at;
      } else if ((lossless || tag.equals("VP8 ")) && bitstream == null) {
        if (lossless && alphaFrom >= 0) {
          throw new BrokenImageException("it has an ALPH chunk for a VP8L image");
        }
        bitstream = WebpBitstream.read(file, at + CHUNK_HEADER, (int) size(at), lossless);
        imageFrom = at;
        imageTo = at + CHUNK_HEADER + length;
      } else {
        break;
      }
      skip(length);
    } while (at < end);
    if (bitstream == null) {
      if (alphaFrom < 0) {
        return null;
      }
      throw new BrokenImageException("it has an ALPH chunk without an image");
    }
    if (alphaFrom > imageFrom && width > 0) {
      throw new BrokenImageException("its ALPH chunk comes after its image");
    }
    return new WebpFrame(x, y, bitstream, alphaFrom, imageFrom, imageTo);
  }

  /** The kind of the chunk that comes next. */
  private String tag() {
    return new String(file, at, 4, ISO_8859_1);
  }

  /** The size that a chunk gives for its content. */
  private long size(int chunk) {
    return WebpBitstream.bits16(file, chunk + 4)
        | (long) WebpBitstream.bits16(file, chunk + 6) << 16;
  }

  /** Bytes of the next chunk's content, made even: all of them have to be there. */
  private int paddedLength() throws BrokenImageException {
    if (end - at < CHUNK_HEADER) {
      throw new BrokenImageException("it is truncated: a WebP chunk's header is cut off");
    }
    long size = size(at);
    long padded = size + (size & 1);
    if (padded > end - at - CHUNK_HEADER) {
      throw new BrokenImageException(
          "it is truncated: a WebP chunk of %d bytes goes past the end".formatted(size));
    }
    return (int) padded;
  }

  private byte[] content() {
    int from = at + CHUNK_HEADER;
    return Arrays.copyOfRange(file, from, from + (int) size(at));
  }

  private void skip(int length) {
    at += CHUNK_HEADER + length;
  }
}
