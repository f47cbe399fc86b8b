package dev.vl4j.engine.vision.tiff;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vl4j.engine.OverloadedException;
import dev.vl4j.engine.RequestCancelledException;
import dev.vl4j.engine.limits.Meter;
import dev.vl4j.engine.limits.WorkGuard;
import dev.vl4j.engine.vision.decode.BrokenImageException;
import dev.vl4j.engine.vision.decode.ImagePixels;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import org.junit.jupiter.api.Test;

/** What hostile files cost. Samples are {@code OddImagesTest}'s matter. */
class TiffDecoderTest {
  private static final int HUGE = 13_370;
  private static final int DEFLATE = 8;
  private static final int GROUP_4 = 4;

  /** A little-endian file: header, data, directory of entries {tag, type, value}. */
  private static byte[] file(byte[] data, int[]... entries) {
    ByteBuffer out =
        ByteBuffer.allocate(8 + data.length + 2 + 12 * entries.length + 4)
            .order(ByteOrder.LITTLE_ENDIAN);
    out.put(new byte[] {'I', 'I', 42, 0}).putInt(8 + data.length).put(data);
    out.putShort((short) entries.length);
    for (int[] entry : entries) {
      out.putShort((short) entry[0]).putShort((short) entry[1]).putInt(1).putInt(entry[2]);
    }
    return out.array();
  }

  private static byte[] gray(byte[] data, int width, int height, int bits, int compression) {
    return file(
        data,
        new int[] {256, 4, width},
        new int[] {257, 4, height},
        new int[] {258, 3, bits},
        new int[] {259, 3, compression},
        new int[] {262, 3, 1},
        new int[] {273, 4, 8},
        new int[] {279, 4, data.length});
  }

  private static byte[] deflated(int zeros) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (DeflaterOutputStream deflater =
        new DeflaterOutputStream(out, new Deflater(Deflater.BEST_COMPRESSION))) {
      deflater.write(new byte[zeros]);
    } catch (IOException e) {
      throw new AssertionError("an array takes all bytes", e);
    }
    return out.toByteArray();
  }

  private static ImagePixels decode(byte[] file, WorkGuard guard) throws BrokenImageException {
    return new TiffDecoder().decode(file, guard);
  }

  @Test
  void pixelsAreReservedBeforeTheyAreMade() {
    byte[] file = gray(deflated(HUGE), HUGE, HUGE, 8, DEFLATE);
    assertThatThrownBy(() -> decode(file, new Meter(1_000_000, 10)))
        .isInstanceOf(OverloadedException.class);
  }

  @Test
  void aFileWithoutASoundRowTakesNoMemory() {
    Meter meter = new Meter(Long.MAX_VALUE, 10);
    byte[] file = gray(new byte[8], HUGE, HUGE, 8, DEFLATE);
    assertThatThrownBy(() -> decode(file, meter)).isInstanceOf(BrokenImageException.class);
    assertThat(meter.most()).isEqualTo(HUGE);
  }

  @Test
  void onlyTheSamplesStayReserved() throws BrokenImageException {
    Meter meter = new Meter(1_000_000, 1000);
    ImagePixels image = decode(gray(deflated(300 * 200), 300, 200, 8, DEFLATE), meter);
    assertThat(meter.reserved()).isEqualTo((long) image.width() * image.height());
    assertThat(meter.most()).isLessThan(2 * meter.reserved());
  }

  @Test
  void workStopsWithinARow() {
    Meter meter = new Meter(1_000_000, 5);
    byte[] file = gray(deflated(300 * 200), 300, 200, 8, DEFLATE);
    assertThatThrownBy(() -> decode(file, meter)).isInstanceOf(RequestCancelledException.class);
    assertThat(meter.checked()).isEqualTo(6);
  }

  @Test
  void aStripIsNotExpandedBeyondItsRows() throws BrokenImageException {
    Meter meter = new Meter(1_000_000, 1000);
    ImagePixels image = decode(gray(deflated(100_000_000), 300, 200, 8, DEFLATE), meter);
    assertThat(image.height()).isEqualTo(200);
    assertThat(meter.most()).isLessThan(200_000);
  }

  @Test
  void aStripThatIsTooShortEndsAtOnce() {
    Meter meter = new Meter(Long.MAX_VALUE, 1000);
    byte[] file = gray(deflated(HUGE), HUGE, HUGE, 8, DEFLATE);
    assertThatThrownBy(() -> decode(file, meter))
        .isInstanceOf(BrokenImageException.class)
        .hasMessageContaining("ends early");
    assertThat(meter.checked()).isLessThan(10);
  }

  @Test
  void faxRowsThatAreMissingCostNothing() throws BrokenImageException {
    byte[] blankRow = {(byte) 0x80};
    Meter meter = new Meter(10_000_000, 10_000);
    ImagePixels image = decode(gray(blankRow, 1000, 9000, 1, GROUP_4), meter);
    assertThat(image.height()).isEqualTo(9000);
    assertThat(meter.reserved()).isEqualTo(9_000_000);
  }

  @Test
  void tilesMayNotBeFarLargerThanTheImage() {
    byte[] file =
        file(
            new byte[8],
            new int[] {256, 4, 1},
            new int[] {257, 4, 1},
            new int[] {258, 3, 8},
            new int[] {259, 3, DEFLATE},
            new int[] {262, 3, 1},
            new int[] {322, 4, 1 << 20},
            new int[] {323, 4, 1 << 10},
            new int[] {324, 4, 8},
            new int[] {325, 4, 8});
    assertThatThrownBy(() -> decode(file, new Meter(Long.MAX_VALUE, 10)))
        .isInstanceOf(BrokenImageException.class)
        .hasMessageContaining("tiles of 1048576 x 1024 pixels");
  }
}
