package dev.vl4j.engine.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vl4j.engine.ImageRules;
import dev.vl4j.engine.ImageSource;
import dev.vl4j.engine.InvalidRequestException;
import dev.vl4j.engine.RequestLimits;
import dev.vl4j.engine.limits.WorkGuard;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Pictures, what tells them apart, and what is kept of them. */
class ImageReaderTest {
  private static final float[] HALF = {0.5f, 0.5f, 0.5f};

  @TempDir Path folder;
  private final ImageReader reader = reader(1 << 20);

  private static final ImagePreprocessor PREPROCESSOR =
      new ImagePreprocessor(16, 2, HALF, HALF, 1024, 1 << 20, ImageRules.OFFICIAL);

  private static ImageReader reader(int maxPixels) {
    return new ImageReader(
        new ImagePreprocessor(16, 2, HALF, HALF, 1024, maxPixels, ImageRules.OFFICIAL),
        null,
        EncodedImages.NONE,
        ImageLoader.SAME_THREAD,
        RequestLimits.DEFAULT);
  }

  private static ImagePatches take(PromptImage image) {
    return image.take(() -> {});
  }

  /** An image of one colour, 96 high and 160 wide, in a format of Java's. */
  private static byte[] encoded(int rgb, String format) throws IOException {
    return encoded(rgb, format, 160, 96);
  }

  private static byte[] encoded(int rgb, String format, int width, int height) throws IOException {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        image.setRGB(x, y, rgb);
      }
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    assertThat(ImageIO.write(image, format, out)).isTrue();
    return out.toByteArray();
  }

  private static ImageSource source(byte[] bytes) {
    return new ImageSource.Encoded(bytes, "test");
  }

  @Test
  void sizesInPatchesAndTokens() throws IOException {
    PromptImage image =
        reader.forRequest(WorkGuard.UNBOUNDED).image(source(encoded(0xff0000, "png")));
    assertThat(image.tokenGrid()).containsExactly(3, 5);
    assertThat(image.tokens()).isEqualTo(15);
    assertThat(image.patches()).isEqualTo(60);
    assertThat(take(image).count()).isEqualTo(60);
  }

  @Test
  void picturesOfTheSamePixelsAreTheSame() throws IOException {
    ImageReader.RequestImages request = reader.forRequest(WorkGuard.UNBOUNDED);
    PromptImage red = request.image(source(encoded(0xff0000, "png")));
    assertThat(request.image(source(encoded(0xff0000, "png")))).isSameAs(red);
    PromptImage sameInBmp = request.image(source(encoded(0xff0000, "bmp")));
    assertThat(sameInBmp.key()).isEqualTo(red.key());
    assertThat(request.image(source(encoded(0xfe0000, "png"))).key()).isNotEqualTo(red.key());
    // Resized into another budget, the same file shows other pixels.
    PromptImage smaller =
        reader(8192).forRequest(WorkGuard.UNBOUNDED).image(source(encoded(0xff0000, "png")));
    assertThat(smaller.tokens()).isLessThan(red.tokens());
    assertThat(smaller.key()).isNotEqualTo(red.key());
  }

  /** Width and height are part of the key, or a row could pass for a column. */
  @Test
  void pixelsInAnotherShapeAreAnotherPicture() throws IOException {
    ImageReader.RequestImages request = reader.forRequest(WorkGuard.UNBOUNDED);
    assertThat(request.image(source(encoded(0x00ff00, "png", 64, 128))).key())
        .isNotEqualTo(request.image(source(encoded(0x00ff00, "png", 128, 64))).key());
  }

  @Test
  void aFileThatWasSeenBeforeIsReadWhenItsPixelsAreNeeded() throws IOException {
    Path file = Files.write(folder.resolve("a.png"), encoded(0x0000ff, "png"));
    ImageSource source = new ImageSource.File(file);
    PromptImage first = reader.forRequest(WorkGuard.UNBOUNDED).image(source);
    PromptImage again = reader.forRequest(WorkGuard.UNBOUNDED).image(source);
    assertThat(again.key()).isEqualTo(first.key());
    assertThat(again.tokenGrid()).isEqualTo(first.tokenGrid());

    PromptImage third = reader.forRequest(WorkGuard.UNBOUNDED).image(source);
    Files.write(file, encoded(0x0000fe, "png"));
    assertThat(again.key()).isEqualTo(first.key());
    assertThatThrownBy(() -> take(third))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("a.png")
        .hasMessageContaining("changed while it was being read");
    assertThat(reader.forRequest(WorkGuard.UNBOUNDED).image(source).key())
        .isNotEqualTo(first.key());
  }

  /** A request holds 32 MiB of pixels; these are 3 MiB each. */
  @Test
  void pixelsBeyondARequestsShareAreReadAgain() throws IOException {
    ImageReader.RequestImages request = reader.forRequest(WorkGuard.UNBOUNDED);
    List<Path> files = new ArrayList<>();
    List<PromptImage> images = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      Path file = Files.write(folder.resolve(i + ".png"), encoded(i, "png", 1024, 1024));
      files.add(file);
      images.add(request.image(new ImageSource.File(file)));
    }
    for (Path file : files) {
      Files.delete(file);
    }
    for (int i = 0; i < 10; i++) {
      assertThat(take(images.get(i)).count()).as("picture %d", i).isEqualTo(64 * 64);
    }
    for (PromptImage late : images.subList(10, 12)) {
      assertThatThrownBy(() -> take(late))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessageContaining(".png");
    }
  }

  /** Some 5 million pixels, which the computing thread has no time for. */
  @Test
  void whatTakesLongIsDecodedBeforehandUnlessItsFeaturesAreHeld() throws IOException {
    List<ImageKey> pinned = new ArrayList<>();
    Set<ImageKey> held = new HashSet<>();
    EncodedImages encoded =
        new EncodedImages() {
          @Override
          public boolean pin(ImageKey key) {
            return held.contains(key) && pinned.add(key);
          }

          @Override
          public void unpin(ImageKey key) {
            assertThat(pinned.remove(key)).isTrue();
          }
        };
    ImageReader careful =
        new ImageReader(
            PREPROCESSOR, null, encoded, ImageLoader.SAME_THREAD, RequestLimits.DEFAULT);
    ImageSource large = source(encoded(0xff0000, "png", 2400, 2200));
    PromptImage first = careful.forRequest(WorkGuard.UNBOUNDED).image(large);
    assertThat(take(first).count()).isPositive();
    PromptImage again = careful.forRequest(WorkGuard.UNBOUNDED).image(large);
    assertThat(take(again).count()).isEqualTo(take(first).count());
    held.add(first.key());
    try (ImageReader.RequestImages request = careful.forRequest(WorkGuard.UNBOUNDED)) {
      PromptImage known = request.image(large);
      assertThat(known.tokens()).isEqualTo(first.tokens());
      assertThat(pinned).containsExactly(first.key());
      assertThatThrownBy(() -> take(known)).isInstanceOf(InvalidRequestException.class);
    }
    assertThat(pinned).isEmpty();
  }

  /** All that is reserved is released, but for what the images and their request still hold. */
  @Test
  void memoryIsReservedAndReleased() throws IOException {
    AtomicLong held = new AtomicLong();
    AtomicLong most = new AtomicLong();
    WorkGuard guard =
        new WorkGuard() {
          @Override
          public void check() {}

          @Override
          public void reserve(long bytes) {
            most.accumulateAndGet(held.addAndGet(bytes), Math::max);
          }

          @Override
          public void release(long bytes) {
            assertThat(held.addAndGet(-bytes)).isNotNegative();
          }

          @Override
          public long maxPixels() {
            return DEFAULT_MAX_PIXELS;
          }
        };
    byte[] large = encoded(0x00ff00, "png", 2000, 1000);
    Path file = Files.write(folder.resolve("large.png"), large);
    PromptImage fromFile = reader(1 << 18).forRequest(guard).image(new ImageSource.File(file));
    long kept = 3L * 16 * 16 * fromFile.patches();
    assertThat(held).hasValue(kept);
    assertThat(most.get()).as("some rows and the result, of 6 MB").isBetween(kept, 1L << 20);
    PromptImage fromBytes = reader(1 << 18).forRequest(guard).image(source(large));
    assertThat(fromBytes.patches()).isEqualTo(fromFile.patches());
    assertThat(held).hasValue(2 * kept + large.length);
    PromptImage unchanged =
        reader(1 << 20).forRequest(guard).image(source(encoded(0xff, "bmp", 320, 160)));
    assertThat(unchanged.tokens()).isEqualTo(50);
    assertThat(held.get()).isGreaterThan(2 * kept + large.length + 3 * 320 * 160);
    held.set(0);
    byte[] broken = Arrays.copyOf(large, large.length / 2);
    assertThatThrownBy(() -> reader.forRequest(guard).image(source(broken)))
        .isInstanceOf(InvalidRequestException.class);
    assertThat(held).as("of a picture that is refused").hasValue(broken.length);
  }

  @Test
  void picturesOfOneRequestHaveALimitTogether() throws IOException {
    RequestLimits limits = RequestLimits.DEFAULT.withRequestPixels(2 * 160 * 96);
    ImageReader limited =
        new ImageReader(PREPROCESSOR, null, EncodedImages.NONE, ImageLoader.SAME_THREAD, limits);
    for (int request = 0; request < 2; request++) { // known images count, too
      ImageReader.RequestImages read = limited.forRequest(WorkGuard.UNBOUNDED);
      PromptImage first = read.image(source(encoded(1, "png")));
      assertThat(read.image(source(encoded(1, "png")))).isSameAs(first);
      assertThat(read.image(source(encoded(2, "png")))).isNotSameAs(first);
      byte[] third = encoded(3, "png");
      assertThatThrownBy(() -> read.image(source(third)))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessageContaining("test")
          .hasMessageContaining("46080 pixels, more than 30720");
    }
  }

  @Test
  void filesHaveALimit() throws IOException {
    byte[] bytes = encoded(0xff, "png");
    Path file = Files.write(folder.resolve("a.png"), bytes);
    ImageReader limited =
        new ImageReader(
            PREPROCESSOR,
            null,
            EncodedImages.NONE,
            ImageLoader.SAME_THREAD,
            RequestLimits.DEFAULT.withImageFileBytes(bytes.length - 1));
    for (ImageSource source : List.of(new ImageSource.File(file), source(bytes))) {
      assertThatThrownBy(() -> limited.forRequest(WorkGuard.UNBOUNDED).image(source))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessageContaining(source.name())
          .hasMessageContaining("%d bytes, more than the %d", bytes.length, bytes.length - 1);
    }
  }

  /** Some files of the system have no end. */
  @Test
  @EnabledOnOs({OS.LINUX, OS.MAC})
  void whatIsNoRegularFileIsNotRead() {
    for (String name : List.of("/dev/zero", folder.toString())) {
      assertThatThrownBy(() ->
              reader.forRequest(WorkGuard.UNBOUNDED).image(new ImageSource.File(Path.of(name))))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessageContaining(name);
    }
  }

  @Test
  void whatIsNoPictureIsRefusedByName() {
    assertThatThrownBy(
            () -> reader.forRequest(WorkGuard.UNBOUNDED).image(source(new byte[] {1, 2, 3})))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("test");
    assertThatThrownBy(() ->
            reader
                .forRequest(WorkGuard.UNBOUNDED)
                .image(new ImageSource.File(folder.resolve("none.png"))))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("none.png");
  }
}
