package dev.vl4j.engine.vision.bmp;

import dev.vl4j.engine.vision.decode.BrokenImageException;
import dev.vl4j.engine.vision.decode.DecodedImage.Mode;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What a BMP file says before its pixels.
 *
 * @param width in pixels, at most 2^32 - 1
 * @param height likewise
 * @param topDown whether the top row is the first one
 * @param layout how pixels are packed
 * @param stride bytes from row to row
 * @param runLengths how many bits the samples of run-length data have, 4 or 8; 0 if they are none
 * @param palette {@code [entries][3]}, red first, or null
 * @param pixels where the pixel data begin
 */
@SuppressWarnings("ArrayRecordComponent") // handed through once, never compared
record BmpHeader(
    long width,
    long height,
    boolean topDown,
    BmpLayout layout,
    long stride,
    int runLengths,
    byte @Nullable [] palette,
    long pixels) {
  private static final int FILE_HEADER = 14;
  private static final int CORE_HEADER = 12;
  private static final int[] HEADERS = {40, 52, 56, 64, 108, 124};
  private static final int PLAIN = 0;
  private static final int RUNS_OF_8 = 1;
  private static final int RUNS_OF_4 = 2;
  private static final int BIT_FIELDS = 3;

  static BmpHeader read(byte[] file) throws BrokenImageException {
    ByteBuffer in = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    require(file, FILE_HEADER + 4L);
    int size = in.getInt(FILE_HEADER);
    boolean core = size == CORE_HEADER;
    if (!core && Arrays.stream(HEADERS).noneMatch(known -> known == size)) {
      throw new BrokenImageException(
          "its BMP header has %s bytes, which no kind has"
              .formatted(Integer.toUnsignedString(size)));
    }
    require(file, FILE_HEADER + (long) size);
    Fields fields = core ? Fields.core(in) : Fields.info(in);
    int maskEnd = fields.compression == BIT_FIELDS && size == 40 ? 12 : 0;
    int at = FILE_HEADER + size + maskEnd;
    require(file, at);

    long colors = fields.colors == 0 ? 1L << Math.min(fields.bits, 40) : fields.colors;
    int entryBytes = core ? 3 : 4;
    long pixels = in.getInt(10) & 0xffff_ffffL;
    if (pixels == FILE_HEADER + size && fields.bits <= 8) {
      pixels += entryBytes * colors; // as some writers forget
    }
    BmpLayout layout = layout(fields, in, size);
    byte[] palette = null;
    if (layout.mode() == Mode.P) {
      if (colors > 65536) {
        throw new BrokenImageException("its palette has %d entries".formatted(colors));
      }
      BmpPalette stored = BmpPalette.read(file, at, (int) colors, entryBytes);
      at = stored.end();
      layout = stored.isGray() ? (colors == 2 ? BmpLayout.BILEVEL : BmpLayout.GRAY) : layout;
      palette = stored.isGray() ? null : stored.rgb();
    }
    long stride = (fields.width * fields.bits + 31) / 32 * 4;
    int runs =
        switch (fields.compression) {
          case RUNS_OF_8 -> 8;
          case RUNS_OF_4 -> 4;
          default -> 0;
        };
    return new BmpHeader(
        fields.width,
        fields.height,
        fields.topDown,
        layout,
        stride,
        runs,
        palette,
        pixels == 0 ? at : pixels);
  }

  private static void require(byte[] file, long bytes) throws BrokenImageException {
    if (file.length < bytes) {
      throw new BrokenImageException("it is truncated: it ends within its header");
    }
  }

  private record Fields(
      long width, long height, boolean topDown, int bits, int compression, long colors) {

    /** Of OS/2's first version. */
    static Fields core(ByteBuffer in) {
      return new Fields(
          in.getShort(18) & 0xffff,
          in.getShort(20) & 0xffff,
          false,
          in.getShort(24) & 0xffff,
          PLAIN,
          0);
    }

    static Fields info(ByteBuffer in) {
      long height = in.getInt(22) & 0xffff_ffffL;
      // Only heights that are negative and small mean this to Pillow.
      boolean topDown = in.get(25) == (byte) 0xff;
      return new Fields(
          in.getInt(18) & 0xffff_ffffL,
          topDown ? (1L << 32) - height : height,
          topDown,
          in.getShort(28) & 0xffff,
          in.getInt(30),
          in.getInt(46) & 0xffff_ffffL);
    }
  }

  private static BmpLayout layout(Fields fields, ByteBuffer in, int size)
      throws BrokenImageException {
    BmpLayout plain = BmpLayout.ofBits(fields.bits);
    if (plain == null) {
      throw new BrokenImageException("BMP has no pixels of %d bits".formatted(fields.bits));
    }
    return switch (fields.compression) {
      case PLAIN, RUNS_OF_8, RUNS_OF_4 -> plain;
      case BIT_FIELDS -> {
        // The masks follow a header of 40 bytes, and are a part of longer ones, in one place.
        int alpha = size >= 56 ? in.getInt(66) : 0;
        BmpLayout masked =
            BmpLayout.ofMasks(fields.bits, in.getInt(54), in.getInt(58), in.getInt(62), alpha);
        if (masked == null) {
          throw new BrokenImageException(
              "bit fields like its own (%08x, %08x, %08x, %08x) in pixels of %d bits are not supported"
                  .formatted(in.getInt(54), in.getInt(58), in.getInt(62), alpha, fields.bits));
        }
        yield masked;
      }
      default ->
          throw new BrokenImageException(
              "BMP's compression %s is not supported"
                  .formatted(Integer.toUnsignedString(fields.compression)));
    };
  }
}
