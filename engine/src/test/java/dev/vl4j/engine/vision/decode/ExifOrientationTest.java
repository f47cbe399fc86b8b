package dev.vl4j.engine.vision.decode;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The values are those of {@code Image.getexif().get(274, 1)} in Pillow 12.3. */
class ExifOrientationTest {
  private static final int SHORT = 3;
  private static final byte[] XMP_OF_8 = "<x tiff:Orientation=\"8\"/>".getBytes(ISO_8859_1);

  @ParameterizedTest
  @CsvSource({"1, 1", "2, 2", "6, 6", "8, 8", "0, 1", "9, 1"})
  void readsBothByteOrders(int stored, int expected) {
    for (ByteOrder order : new ByteOrder[] {ByteOrder.BIG_ENDIAN, ByteOrder.LITTLE_ENDIAN}) {
      byte[] block = block(order, 1, SHORT, 1, values(order).putShort((short) stored));
      assertEquals(expected, ExifOrientation.of(block, null), order.toString());
      assertEquals(expected, ExifOrientation.of(prefixed(prefixed(block)), null), "prefixed");
    }
  }

  @Test
  void takesAnyNumericTypeAndTheFirstOfManyValues() {
    ByteOrder order = ByteOrder.LITTLE_ENDIAN;
    assertEquals(6, ExifOrientation.of(block(order, 1, 4, 1, values(order).putInt(6)), null));
    assertEquals(6, ExifOrientation.of(block(order, 1, 6, 1, values(order).put((byte) 6)), null));
    assertEquals(6, ExifOrientation.of(block(order, 1, 11, 1, values(order).putFloat(6)), null));
    assertEquals(
        6,
        ExifOrientation.of(
            block(order, 1, SHORT, 2, values(order).putShort((short) 6).putShort((short) 1)),
            null));
    assertEquals(
        1,
        ExifOrientation.of(block(order, 1, 1, 1, values(order).put((byte) 6)), null),
        "Pillow reads type BYTE as bytes, which are no number");
    assertEquals(1, ExifOrientation.of(block(order, 1, 11, 1, values(order).putFloat(6.5f)), null));
  }

  @Test
  void xmpCountsOnlyWhereExifHasNoOrientation() {
    ByteOrder order = ByteOrder.BIG_ENDIAN;
    byte[] element = "<tiff:Orientation>3</tiff:Orientation>".getBytes(ISO_8859_1);
    byte[] none = block(order, 0, SHORT, 1, values(order));
    byte[] upright = block(order, 1, SHORT, 1, values(order).putShort((short) 1));
    byte[] noValues = block(order, 1, SHORT, 0, values(order));
    byte[] unknownType = block(order, 1, 99, 1, values(order).putShort((short) 6));
    assertEquals(3, ExifOrientation.of(null, element));
    assertEquals(8, ExifOrientation.of(null, XMP_OF_8));
    assertEquals(8, ExifOrientation.of(none, XMP_OF_8));
    assertEquals(8, ExifOrientation.of(new byte[0], XMP_OF_8));
    assertEquals(8, ExifOrientation.of(noValues, XMP_OF_8));
    assertEquals(8, ExifOrientation.of(unknownType, XMP_OF_8));
    assertEquals(1, ExifOrientation.of(upright, XMP_OF_8));
    assertEquals(
        1,
        ExifOrientation.of("no TIFF block".getBytes(ISO_8859_1), XMP_OF_8),
        "Pillow gives up before it comes to the XMP packet");
  }

  @Test
  void valuesOutsideOfTheBlockEndTheDirectory() {
    ByteOrder order = ByteOrder.LITTLE_ENDIAN;
    ByteBuffer twoEntries = ByteBuffer.allocate(8 + 2 + 24).order(order);
    twoEntries.put("II*\0".getBytes(ISO_8859_1)).putInt(8).putShort((short) 2);
    twoEntries.putShort((short) 271).putShort((short) 2).putInt(100).putInt(1000);
    twoEntries.putShort((short) 274).putShort((short) 3).putInt(1).putInt(6);
    assertEquals(8, ExifOrientation.of(twoEntries.array(), XMP_OF_8));
  }

  @Test
  void neverFailsOnBrokenBlocks() {
    long seed = 20261127;
    Random random = new Random(seed);
    ByteOrder order = ByteOrder.BIG_ENDIAN;
    byte[] sound = prefixed(block(order, 1, SHORT, 1, values(order).putShort((short) 6)));
    for (int i = 0; i < 20_000; i++) {
      byte[] broken = new byte[random.nextInt(sound.length + 1)];
      System.arraycopy(sound, 0, broken, 0, broken.length);
      for (int n = random.nextInt(4); n > 0 && broken.length > 0; n--) {
        broken[random.nextInt(broken.length)] = (byte) random.nextInt(256);
      }
      int orientation = ExifOrientation.of(broken, null);
      assertEquals(Math.clamp(orientation, 1, 8), orientation, "seed " + seed + ", case " + i);
    }
  }

  private static ByteBuffer values(ByteOrder order) {
    return ByteBuffer.allocate(4).order(order);
  }

  private static byte[] prefixed(byte[] block) {
    return ("Exif\0\0" + new String(block, ISO_8859_1)).getBytes(ISO_8859_1);
  }

  /** A TIFF block with one entry, whose tag is the orientation's. */
  private static byte[] block(ByteOrder order, int entries, int type, int count, ByteBuffer value) {
    ByteBuffer block = ByteBuffer.allocate(8 + 2 + 12 + 4).order(order);
    block.put((order == ByteOrder.BIG_ENDIAN ? "MM\0*" : "II*\0").getBytes(ISO_8859_1)).putInt(8);
    block.putShort((short) entries).putShort((short) 274).putShort((short) type).putInt(count);
    block.put(value.rewind());
    return block.array();
  }
}
