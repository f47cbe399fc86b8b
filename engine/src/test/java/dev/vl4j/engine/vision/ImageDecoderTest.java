package dev.vl4j.engine.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import dev.vl4j.engine.ImageSource;
import dev.vl4j.engine.InvalidRequestException;
import dev.vl4j.engine.model.Fixtures;
import dev.vl4j.loader.SafetensorsFile;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.Random;
import java.util.zip.CRC32;
import java.util.zip.DeflaterOutputStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

class ImageDecoderTest {
  private static final Path FOLDER = Fixtures.ROOT.resolve("decode");
  private static final String NAME = "document 3, image 1";

  static Collection<String> files() {
    return JsonMapper.shared().readTree(FOLDER.resolve("modes.json").toFile()).propertyNames();
  }

  @ParameterizedTest
  @MethodSource("files")
  void everySampleIsPillows(String name) throws IOException {
    Path file = FOLDER.resolve(name);
    RgbImage found = ImageDecoder.decode(new ImageSource.File(file));
    RgbImage expected;
    try (SafetensorsFile stored = SafetensorsFile.open(FOLDER.resolve(name + ".rgb.safetensors"))) {
      expected = Pixels.of(stored.tensors().get("rgb"));
    }
    assertThat(found.width()).isEqualTo(expected.width());
    assertThat(found.height()).isEqualTo(expected.height());
    assertThat(found.samples()).isEqualTo(expected.samples());
    assertThat(decode(Files.readAllBytes(file)).samples()).isEqualTo(found.samples());
  }

  @Test
  void alphaIsLaidOverWhite() throws IOException {
    BufferedImage image = new BufferedImage(3, 1, BufferedImage.TYPE_INT_ARGB);
    image.setRGB(0, 0, 0x00102030);
    image.setRGB(1, 0, 0xff102030);
    image.setRGB(2, 0, 0x80000000);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    assertThat(ImageIO.write(image, "png", out)).isTrue();
    assertThat(decode(out.toByteArray()).samples())
        .containsExactly(255, 255, 255, 16, 32, 48, 127, 127, 127);
  }

  @ParameterizedTest
  @MethodSource("files")
  void truncatedImagesAreRefused(String name) throws IOException {
    byte[] bytes = Files.readAllBytes(FOLDER.resolve(name));
    // The first frame of the animation ends before its middle.
    int longest = bytes.length * (name.endsWith(".gif") ? 40 : 90) / 100;
    int step = bytes.length < 2048 ? 1 : 17;
    for (int length = 0; length <= longest; length += step) {
      assertRefused(Arrays.copyOf(bytes, length), length + " bytes");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"s420.jpg", "gray.jpg", "cmyk.jpg"})
  void aJpegOfOneScanNeedsNoEndMarker(String name) throws IOException {
    byte[] bytes = Files.readAllBytes(FOLDER.resolve(name));
    byte[] withoutEnd = Arrays.copyOf(bytes, bytes.length - 2);
    // libjpeg reads ahead, and Pillow takes a file for truncated where there is nothing to read.
    assertRefused(withoutEnd, "nothing behind the last row");
    assertThat(decode(Arrays.copyOf(withoutEnd, bytes.length + 6)).samples())
        .isEqualTo(decode(bytes).samples());
  }

  @Test
  void aProgressiveJpegNeedsItsEndMarker() throws IOException {
    byte[] bytes = Files.readAllBytes(FOLDER.resolve("progressive.jpg"));
    for (int length = 0; length < bytes.length - 1; length++) {
      assertRefused(Arrays.copyOf(bytes, length), length + " bytes");
    }
  }

  @Test
  void otherBytesAreRefused() {
    byte[] garbage = new byte[4096];
    new Random(1).nextBytes(garbage);
    assertThatThrownBy(() -> decode(garbage))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessage(
            NAME
                + ": cannot read the image: it is not a PNG, JPEG, GIF, BMP, TIFF or WebP"
                + " image");
    assertThatThrownBy(() -> decode(new byte[0]))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessage(NAME + ": cannot read the image: it is empty");
    assertRefused("<svg xmlns='http://www.w3.org/2000/svg'/>".getBytes(StandardCharsets.UTF_8), "");
    for (byte[] magic : magics()) {
      assertRefused(magic, Arrays.toString(magic));
      byte[] withGarbage = garbage.clone();
      System.arraycopy(magic, 0, withGarbage, 0, magic.length);
      assertRefused(withGarbage, Arrays.toString(magic));
    }
  }

  private static byte[][] magics() {
    return new byte[][] {
      {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'},
      {(byte) 0xff, (byte) 0xd8, (byte) 0xff},
      {'G', 'I', 'F', '8', '9', 'a'},
      {'B', 'M'},
      {'I', 'I', 42, 0},
      {'M', 'M', 0, 42},
      {'R', 'I', 'F', 'F', 0, 0, 0, 0, 'W', 'E', 'B', 'P'},
    };
  }

  @Test
  void missingFilesAreNamed(@TempDir Path folder) {
    Path missing = folder.resolve("nowhere.png");
    assertThatThrownBy(() -> ImageDecoder.decode(new ImageSource.File(missing)))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessage(missing + ": no such image file");
    assertThatThrownBy(() -> ImageDecoder.decode(new ImageSource.File(folder)))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageStartingWith(folder + ": cannot read the image: ");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "png",
        "jpeg",
        "gif frame",
        "gif screen",
        "bmp",
        "bmp upside down",
        "tiff",
        "webp"
      })
  void hugeSizesAreRefusedBeforeMemoryIsTaken(String kind) throws IOException {
    byte[] bytes = huge(kind);
    decode(Files.readAllBytes(FOLDER.resolve("rgb.png"))); // loads the classes
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    assertThatThrownBy(() -> decode(bytes))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageStartingWith(NAME + ": ")
        .hasMessageContaining(
            kind.equals("webp") ? "pixels of VP8 do not fit" : "pixels, more than 178956970");
    assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(32 << 20);
  }

  @SuppressWarnings("ByteBufferBackingArray") // every fixture is wrapped whole
  private static byte[] huge(String kind) throws IOException {
    return switch (kind) {
      case "png" -> hugePng();
      case "jpeg" -> {
        ByteBuffer jpeg = fixture("s444.jpg", ByteOrder.BIG_ENDIAN);
        int at = 2;
        while ((jpeg.get(at + 1) & 0xff) != 0xc0) {
          at += 2 + jpeg.getShort(at + 2);
        }
        jpeg.putShort(at + 5, (short) 65_500).putShort(at + 7, (short) 65_500);
        yield jpeg.array();
      }
      case "gif frame" -> gif(65_535, 65_535);
      case "gif screen" -> gif(1, 1);
      case "bmp" -> bmp(100_000, 100_000);
      case "bmp upside down" -> bmp(100_000, -100_000);
      case "tiff" -> {
        ByteBuffer tiff = fixture("none.tiff", ByteOrder.LITTLE_ENDIAN);
        int directory = tiff.getInt(4);
        for (int i = 0; i < tiff.getShort(directory); i++) {
          int at = directory + 2 + 12 * i;
          if (tiff.getShort(at) == 256 || tiff.getShort(at) == 257) {
            tiff.putShort(at + 2, (short) 4).putInt(at + 4, 1).putInt(at + 8, 100_000);
          }
        }
        yield tiff.array();
      }
      case "webp" ->
          fixture("lossy.webp", ByteOrder.LITTLE_ENDIAN)
              .putShort(26, (short) 0x3fff)
              .putShort(28, (short) 0x3fff)
              .array();
      default -> throw new IllegalArgumentException(kind);
    };
  }

  @SuppressWarnings("ByteBufferBackingArray") // the fixture is wrapped whole
  private static byte[] bmp(int width, int height) throws IOException {
    return fixture("rgb.bmp", ByteOrder.LITTLE_ENDIAN).putInt(18, width).putInt(22, height).array();
  }

  private static ByteBuffer fixture(String name, ByteOrder order) throws IOException {
    return ByteBuffer.wrap(Files.readAllBytes(FOLDER.resolve(name))).order(order);
  }

  private static byte[] hugePng() {
    ByteBuffer png = ByteBuffer.allocate(64);
    png.put(magics()[0]);
    chunk(
        png,
        "IHDR",
        ByteBuffer.allocate(13)
            .putInt(100_000)
            .putInt(100_000)
            .put((byte) 8)
            .put((byte) 2)
            .array());
    chunk(png, "IDAT", new byte[0]);
    chunk(png, "IEND", new byte[0]);
    return Arrays.copyOf(png.array(), png.position());
  }

  private static void chunk(ByteBuffer png, String type, byte[] data) {
    byte[] name = type.getBytes(StandardCharsets.US_ASCII);
    CRC32 crc = new CRC32();
    crc.update(name);
    crc.update(data);
    png.putInt(data.length).put(name).put(data).putInt((int) crc.getValue());
  }

  private static byte[] gif(int frameWidth, int frameHeight) {
    ByteBuffer gif = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);
    gif.put("GIF89a".getBytes(StandardCharsets.US_ASCII));
    gif.putShort((short) 65_535).putShort((short) 65_535).put((byte) 0x80).putShort((short) 0);
    gif.put(new byte[6]);
    gif.put((byte) ',').putInt(0).putShort((short) frameWidth).putShort((short) frameHeight);
    gif.put(new byte[] {0, 2, 2, 0x44, 1, 0, ';'});
    return Arrays.copyOf(gif.array(), gif.position());
  }

  /** Half a gigabyte, of which half a megabyte is sent. */
  @ParameterizedTest
  @ValueSource(strings = {"zTXt", "iTXt", "iCCP"})
  void whatGoesWithThePixelsIsInflatedNoFurtherThanByPillow(String type) throws IOException {
    byte[] png = Files.readAllBytes(FOLDER.resolve("palette.png"));
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    String head = type.equals("iTXt") ? "a\0\u0001\0\0\0" : "a\0\0";
    text.writeBytes(head.getBytes(StandardCharsets.ISO_8859_1));
    try (DeflaterOutputStream deflated = new DeflaterOutputStream(text)) {
      for (int i = 0; i < 512; i++) {
        deflated.write(new byte[1 << 20]);
      }
    }
    ByteBuffer bomb = ByteBuffer.allocate(png.length + text.size() + 12);
    bomb.put(png, 0, 33); // signature and header
    chunk(bomb, type, text.toByteArray());
    bomb.put(png, 33, png.length - 33);
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    assertThatThrownBy(() -> decode(bomb.array()))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessage(
            NAME
                + ": cannot read the image: its %s chunk holds more than 1048576 bytes"
                    .formatted(type));
    assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(32 << 20);
  }

  private static RgbImage decode(byte[] bytes) {
    return ImageDecoder.decode(new ImageSource.Encoded(bytes, NAME));
  }

  private static void assertRefused(byte[] bytes, String what) {
    assertThatThrownBy(() -> decode(bytes))
        .as(what)
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageStartingWith(NAME + ": ");
  }
}
