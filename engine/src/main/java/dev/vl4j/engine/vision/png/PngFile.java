package dev.vl4j.engine.vision.png;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.vl4j.engine.limits.WorkGuard;
import dev.vl4j.engine.vision.decode.BrokenImageException;
import dev.vl4j.engine.vision.decode.DecodedImage.Mode;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * The chunks of a PNG file.
 *
 * <p>Up to the image data every checksum counts, as in Pillow; behind them none does, and the file
 * may end anywhere. All chunks are read before a pixel is: what stands behind the image data can
 * still say what is transparent.
 */
final class PngFile {
  private static final int SIGNATURE_BYTES = 8;
  private static final int HEAD_BYTES = 8; // length and name
  private static final int CHECKSUM_BYTES = 4;

  /** Where a chunk is; its bytes may be cut off by the end of the file. */
  private record Chunk(String name, int start, long length) {}

  /**
   * A piece of the image data.
   *
   * @param length as the chunk says; the file may end earlier
   */
  record Segment(int start, long length) {}

  /** The part of the image that the image data fill. */
  record Frame(int left, int top, int width, int height) {}

  private final byte[] file;
  private final WorkGuard guard;
  private final PngText text = new PngText();
  private final PngTransparency transparency = new PngTransparency();
  private final List<Segment> segments = new ArrayList<>();
  private final AnimationChunks animation = new AnimationChunks();

  private long width;
  private long height;
  private @Nullable PngFormat format;
  private boolean interlaced;
  private byte @Nullable [] palette;

  private PngFile(byte[] file, WorkGuard guard) {
    this.file = file;
    this.guard = guard;
  }

  /**
   * Reads all chunks.
   *
   * @throws BrokenImageException if Pillow refuses the file for anything but its pixels
   */
  static PngFile read(byte[] file, WorkGuard guard) throws BrokenImageException {
    PngFile png = new PngFile(file, guard);
    png.readBehind(png.readImageData(png.readAhead()));
    return png;
  }

  long width() {
    return width;
  }

  long height() {
    return height;
  }

  PngFormat format() {
    if (format == null) {
      throw new IllegalStateException("image data are found only behind a header");
    }
    return format;
  }

  boolean interlaced() {
    return interlaced;
  }

  /** {@code [entries][3]}, perhaps with a part of an entry at its end. */
  byte @Nullable [] palette() {
    return palette;
  }

  PngTransparency transparency() {
    return transparency;
  }

  PngText text() {
    return text;
  }

  /** At least one, in the order of the file. */
  List<Segment> segments() {
    return segments;
  }

  Frame frame() throws BrokenImageException {
    return animation.frame(width, height);
  }

  /** Reads the chunks up to the first image data, which it returns. */
  private Chunk readAhead() throws BrokenImageException {
    int at = SIGNATURE_BYTES;
    while (true) {
      guard.check();
      Chunk chunk = chunk(at);
      if (chunk == null) {
        throw new BrokenImageException(
            at + HEAD_BYTES > file.length
                ? "it ends before its image data"
                : "what should be a chunk at byte %d has no name".formatted(at));
      }
      if (chunk.name.equals("IEND")) {
        throw new BrokenImageException("it has no image data");
      }
      if (chunk.name.equals("fdAT")) {
        animation.frameData(data(new Chunk(chunk.name, chunk.start, 4)), chunk.length);
      }
      if (format != null && (chunk.name.equals("IDAT") || chunk.name.equals("fdAT"))) {
        beginImageData();
        return chunk;
      }
      byte[] data = data(chunk);
      read(chunk.name, data);
      at = chunk.start + data.length + CHECKSUM_BYTES;
      verify(chunk, data);
    }
  }

  private void beginImageData() throws BrokenImageException {
    // Pillow keeps flags and numbers of its own among the texts, by these names.
    interlaced |= text.has("interlace");
    if (text.contains("bbox")) {
      throw new BrokenImageException("it has a text by the name bbox");
    }
    animation.imageData();
  }

  private void verify(Chunk chunk, byte[] data) throws BrokenImageException {
    int end = chunk.start + data.length;
    if (end + CHECKSUM_BYTES > file.length) {
      throw new BrokenImageException("it ends before its image data");
    }
    CRC32 crc = new CRC32();
    crc.update(chunk.name.getBytes(ISO_8859_1));
    crc.update(data);
    if ((int) crc.getValue() != ByteBuffer.wrap(file).getInt(end)) {
      throw new BrokenImageException("the checksum of its %s chunk is wrong".formatted(chunk.name));
    }
  }

  /** Notes the chunks of image data that follow one another; returns where they end. */
  private long readImageData(Chunk first) throws BrokenImageException {
    @Nullable Chunk chunk = first;
    long end = 0;
    while (chunk != null && isImageData(chunk.name)) {
      guard.check();
      int sequence = chunk.name.equals("fdAT") ? 4 : 0;
      if (sequence > 0 && !segments.isEmpty()) {
        animation.frameData(data(new Chunk(chunk.name, chunk.start, 4)), chunk.length);
      }
      segments.add(new Segment(chunk.start + sequence, chunk.length - sequence));
      end = chunk.start + chunk.length + CHECKSUM_BYTES;
      chunk = chunk(end);
    }
    return end;
  }

  private static boolean isImageData(String name) {
    // Pillow takes DDAT, of no specification, as well.
    return name.equals("IDAT") || name.equals("DDAT") || name.equals("fdAT");
  }

  private void readBehind(long start) throws BrokenImageException {
    long at = start;
    Chunk chunk = chunk(at);
    while (chunk != null && !chunk.name.equals("IEND")) {
      guard.check();
      if (chunk.name.equals("fcTL") && animation.isAnimated()) {
        return;
      }
      byte[] data = data(chunk);
      if (chunk.name.equals("fdAT")) {
        animation.frameData(data, chunk.length);
      } else if (!chunk.name.equals("IDAT")) {
        read(chunk.name, data);
      }
      at = chunk.start + chunk.length + CHECKSUM_BYTES;
      chunk = chunk(at);
    }
  }

  /** The chunk at a place of the file; null if it is none. */
  private @Nullable Chunk chunk(long at) {
    if (at + HEAD_BYTES > file.length) {
      return null;
    }
    int start = (int) at + HEAD_BYTES;
    long length = ByteBuffer.wrap(file).getInt((int) at) & 0xffff_ffffL;
    String name = new String(file, start - 4, 4, ISO_8859_1);
    boolean named =
        name.chars().allMatch(c -> c < 128 && (Character.isLetterOrDigit(c) || c == '_'));
    return named ? new Chunk(name, start, length) : null;
  }

  private byte[] data(Chunk chunk) throws BrokenImageException {
    if (chunk.length > file.length - chunk.start) {
      throw new BrokenImageException("it ends within its %s chunk".formatted(chunk.name));
    }
    return Arrays.copyOfRange(file, chunk.start, chunk.start + (int) chunk.length);
  }

  private void read(String name, byte[] data) throws BrokenImageException {
    switch (name) {
      case "IHDR" -> header(data);
      case "PLTE" -> {
        if (segments.isEmpty() && format != null && format.mode == Mode.P) {
          palette = data;
        }
      }
      case "tRNS" -> transparency.read(data, format);
      case "acTL" -> animation.control(data);
      case "fcTL" -> animation.frameControl(data, width, height);
      case "eXIf" -> text.exif(data);
      case "tEXt" -> text.latin(data);
      case "zTXt" -> text.compressed(data);
      case "iTXt" -> text.international(data);
      case "iCCP" -> text.profile(data);
      case "gAMA" -> requireLength(name, data, 4);
      case "sRGB" -> requireLength(name, data, 1);
      case "pHYs" -> requireLength(name, data, 9);
      case "cHRM" -> {
        if (data.length % 4 != 0) {
          throw new BrokenImageException(
              "its cHRM chunk has %d bytes, which are no whole numbers".formatted(data.length));
        }
      }
      default -> {} // Pillow only skips it
    }
  }

  private void header(byte[] data) throws BrokenImageException {
    requireLength("IHDR", data, 13);
    if (data[11] != 0) {
      throw new BrokenImageException(
          "its scanlines are filtered in the unknown way " + (data[11] & 0xff));
    }
    if (!segments.isEmpty()) {
      return; // a second one behind the image data
    }
    ByteBuffer header = ByteBuffer.wrap(data);
    width = header.getInt() & 0xffff_ffffL;
    height = header.getInt() & 0xffff_ffffL;
    int depth = header.get() & 0xff;
    int colorType = header.get() & 0xff;
    PngFormat found = PngFormat.of(depth, colorType);
    if (found == null && format == null) {
      throw new BrokenImageException(
          "PNG has no colour type %d with %d bits a sample".formatted(colorType, depth));
    }
    if (found != null) {
      format = found;
    }
    interlaced |= data[12] != 0;
  }

  static void requireLength(String name, byte[] data, int least) throws BrokenImageException {
    if (data.length < least) {
      throw new BrokenImageException(
          "its %s chunk has %d bytes instead of %d".formatted(name, data.length, least));
    }
  }
}
