package dev.vl4j.engine.vision.webp;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vl4j.engine.OverloadedException;
import dev.vl4j.engine.limits.Meter;
import dev.vl4j.engine.model.Fixtures;
import dev.vl4j.engine.vision.decode.BrokenImageException;
import dev.vl4j.engine.vision.decode.DecodedImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import org.junit.jupiter.api.Test;

/** What hostile files cost. Samples are {@code OddImagesTest}'s matter. */
class WebpDecoderTest {
  /** A file of one chunk. */
  private static byte[] file(String tag, byte[] content) {
    int padded = content.length + (content.length & 1);
    return ByteBuffer.allocate(20 + padded)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put("RIFF".getBytes(ISO_8859_1))
        .putInt(12 + padded)
        .put(("WEBP" + tag).getBytes(ISO_8859_1))
        .putInt(content.length)
        .put(content)
        .array();
  }

  /** A key frame's header and nothing behind it. */
  private static byte[] vp8(int width, int height, int length) {
    int firstPartition = length - 12;
    int bits = firstPartition << 5 | 1 << 4;
    return ByteBuffer.allocate(length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put(new byte[] {(byte) bits, (byte) (bits >> 8), (byte) (bits >> 16)})
        .put(new byte[] {(byte) 0x9d, 1, 0x2a})
        .putShort((short) width)
        .putShort((short) height)
        .array();
  }

  /** All pixels in one colour, which takes no bits at all for each of them. */
  private static byte[] vp8l(int width, int height) {
    int size = width - 1 | (height - 1) << 14;
    // No transform, no colour cache, no meta codes, and five codes of one symbol each.
    byte[] oneSymbolEach = {0x28, (byte) 0x89, (byte) 0x88, 0, 0, 0, 0, 0};
    return ByteBuffer.allocate(5 + oneSymbolEach.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put((byte) 0x2f)
        .putInt(size)
        .put(oneSymbolEach)
        .array();
  }

  @Test
  void aFrameThatCannotFitItsBytesTakesNoMemory() {
    byte[] file = file("VP8 ", vp8(13_370, 13_370, 148));
    assertThat(file).hasSize(168);
    Meter meter = new Meter(Long.MAX_VALUE, 10);
    assertThatThrownBy(() -> new WebpDecoder().decode(file, meter))
        .isInstanceOf(BrokenImageException.class)
        .hasMessageContaining("13370 x 13370 pixels of VP8 do not fit 148 bytes");
    assertThat(meter.most()).isZero();
  }

  @Test
  void pixelsAreReservedBeforeTheyAreMade() {
    byte[] file = file("VP8L", vp8l(13_000, 13_000));
    assertThatThrownBy(() -> new WebpDecoder().decode(file, new Meter(1 << 20, 10)))
        .isInstanceOf(OverloadedException.class);
  }

  @Test
  void onlyTheSamplesStayReserved() throws IOException {
    byte[] file =
        Files.readAllBytes(Fixtures.ROOT.resolve("odd-images/webp/method_3_lossless.webp"));
    Meter meter = new Meter(1 << 20, 1000);
    DecodedImage image = new WebpDecoder().decode(file, meter);
    assertThat(meter.reserved()).isEqualTo(image.samples().length);
    assertThat(meter.most()).isEqualTo(40 * 30 * (3 + 8));
  }
}
