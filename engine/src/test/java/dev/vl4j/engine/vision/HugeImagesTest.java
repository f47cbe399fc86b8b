package dev.vl4j.engine.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import dev.vl4j.engine.ImageRules;
import dev.vl4j.engine.ImageSource;
import dev.vl4j.engine.InvalidRequestException;
import dev.vl4j.engine.OverloadedException;
import dev.vl4j.engine.limits.WorkGuard;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.zip.CRC32;
import java.util.zip.DeflaterOutputStream;
import org.junit.jupiter.api.Test;

/** Small files of large images cost what is kept of them. */
class HugeImagesTest {
  private static final String NAME = "document 1, image 2";
  private static final int SIDE = 13_370; // as large as Pillow allows

  private static final ImageDecoder.TargetSize TO_THE_MODEL =
      (height, width) -> SmartResize.size(height, width, 32, 4096, 1_310_720, ImageRules.OFFICIAL);

  private final BoundedGuard guard =
      new BoundedGuard(WorkGuard.DEFAULT_MAX_PIXELS, Duration.ofSeconds(60));

  /** Half a gigabyte in RGB. */
  @Test
  void aHugeScreenOfAGif() {
    RgbImage image = resized(gif(SIDE, SIDE), 16 << 20);
    assertThat(image.width()).isEqualTo(1120);
    assertThat(image.height()).isEqualTo(1120);
    assertThat(image.samples()).containsOnly(10, 20, 30);
  }

  @Test
  void aHugePngOfOneBit() {
    RgbImage image = resized(png(SIDE, SIDE, 1, 0, (SIDE + 7) / 8 + 1), 16 << 20);
    assertThat(image.samples()).containsOnly(0);
  }

  @Test
  void aHugePngOfFourChannels() {
    RgbImage image = resized(png(SIDE, SIDE, 8, 6, 4 * SIDE + 1), 16 << 20);
    assertThat(image.samples()).containsOnly(255);
  }

  @Test
  void sidesThatAreRefusedCostNothing() {
    assertThatThrownBy(() -> resized(png(1, 100_000_000, 1, 0, 2), 0))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageStartingWith(NAME + ": ")
        .hasMessageContaining("too narrow");
    assertThat(guard.most()).isZero();
  }

  @Test
  void whatIsReservedIsGivenBackWhereAFileTurnsOutToBeBroken() {
    byte[] png = png(300, 200, 8, 2, 901);
    png[png.length - 20] ^= 0x55;
    assertThatThrownBy(() -> resized(png, 0))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageStartingWith(NAME + ": cannot read the image: ");
    assertThat(guard.most()).isPositive();
    assertThat(guard.held()).isZero();
    assertThat(guard.checks()).isGreaterThan(100);
  }

  @Test
  void memoryThatIsNotThereIsNoFaultOfThePicture() {
    assertThatThrownBy(() -> decode(png(300, 200, 8, 2, 901), new FullGuard(guard)))
        .isInstanceOf(OverloadedException.class);
    assertThat(guard.held()).isZero();
  }

  /** Nothing is free. */
  private record FullGuard(WorkGuard guard) implements WorkGuard {
    @Override
    public void check() {
      guard.check();
    }

    @Override
    public void reserve(long bytes) {
      throw new OverloadedException("nothing is free");
    }

    @Override
    public void release(long bytes) {
      guard.release(bytes);
    }

    @Override
    public long maxPixels() {
      return guard.maxPixels();
    }
  }

  private static RgbImage decode(byte[] file, WorkGuard guard) {
    return ImageDecoder.decode(
            new ImageSource.Encoded(file, NAME), ImageRules.OFFICIAL, TO_THE_MODEL, guard)
        .image();
  }

  /** Resizes to the model's size, and counts what that reserves and allocates. */
  private RgbImage resized(byte[] file, long mostBytes) {
    RgbImage _ = decode(png(50, 40, 8, 2, 151), WorkGuard.UNBOUNDED); // loads the classes
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    RgbImage image = decode(file, guard);
    assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(2 * mostBytes);
    assertThat(guard.most()).isLessThan(mostBytes);
    assertThat(guard.held()).isEqualTo(image.samples().length);
    return image;
  }

  private static byte[] gif(int width, int height) {
    ByteBuffer gif = ByteBuffer.allocate(43).order(ByteOrder.LITTLE_ENDIAN);
    gif.put(new byte[] {'G', 'I', 'F', '8', '9', 'a'});
    gif.putShort((short) width).putShort((short) height);
    gif.put(new byte[] {(byte) 0x80, 0, 0, 10, 20, 30, 40, 50, 60});
    gif.put((byte) ',').putInt(0).putShort((short) 1).putShort((short) 1);
    gif.put(new byte[] {0, 2, 2, 0x44, 1, 0, ';'});
    return gif.array();
  }

  /** All zero. */
  private static byte[] png(int width, int height, int depth, int colorType, int lineBytes) {
    ByteArrayOutputStream data = new ByteArrayOutputStream();
    try (DeflaterOutputStream deflated = new DeflaterOutputStream(data)) {
      byte[] line = new byte[lineBytes];
      for (int y = 0; y < Math.min(height, SIDE); y++) {
        deflated.write(line);
      }
    } catch (IOException e) {
      throw new AssertionError("nothing is written to a file", e);
    }
    ByteBuffer png = ByteBuffer.allocate(data.size() + 64);
    png.put(new byte[] {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'});
    chunk(
        png,
        "IHDR",
        ByteBuffer.allocate(13)
            .putInt(width)
            .putInt(height)
            .put((byte) depth)
            .put((byte) colorType)
            .array());
    chunk(png, "IDAT", data.toByteArray());
    chunk(png, "IEND", new byte[0]);
    byte[] file = new byte[png.position()];
    png.flip().get(file);
    return file;
  }

  private static void chunk(ByteBuffer png, String type, byte[] data) {
    byte[] name = type.getBytes(StandardCharsets.US_ASCII);
    CRC32 crc = new CRC32();
    crc.update(name);
    crc.update(data);
    png.putInt(data.length).put(name).put(data).putInt((int) crc.getValue());
  }
}
