package dev.vl4j.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ImagePreviewTest {
  private static final Path IMAGES = Path.of("src/test/resources/fixtures/images");

  private static BufferedImage preview(ImageSource source, int side) throws IOException {
    byte[] file = ImagePreview.jpeg(source, side);
    assertThat(file).startsWith(0xff, 0xd8, 0xff);
    return ImageIO.read(new ByteArrayInputStream(file));
  }

  /** The longer side is what was asked for, the shape stays, and small images stay small. */
  @ParameterizedTest
  @CsvSource({
    "wide_150x97.png, 64, 64, 41",
    "tall_40x170.png, 64, 15, 64",
    "tiny_20x33.png, 64, 20, 33",
    "exact_64x64.png, 64, 64, 64",
    "tall_40x170.png, 1, 1, 1",
  })
  void sizes(String name, int side, int width, int height) throws IOException {
    BufferedImage small = preview(new ImageSource.File(IMAGES.resolve(name)), side);
    assertThat(new int[] {small.getWidth(), small.getHeight()}).containsExactly(width, height);
  }

  @Test
  void colorsStayAndTransparencyIsOverWhite() throws IOException {
    BufferedImage image = new BufferedImage(80, 40, BufferedImage.TYPE_INT_ARGB);
    for (int y = 0; y < 40; y++) {
      for (int x = 0; x < 40; x++) {
        image.setRGB(x, y, 0xff2040c0);
      }
    }
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    ImageIO.write(image, "png", file);
    BufferedImage small = preview(new ImageSource.Encoded(file.toByteArray(), "a.png"), 40);
    assertColor(small.getRGB(5, 10), 0x2040c0);
    assertColor(small.getRGB(35, 10), 0xffffff);
  }

  /** Within what JPEG loses in a plain area. */
  private static void assertColor(int found, int expected) {
    for (int shift = 0; shift < 24; shift += 8) {
      assertThat(found >> shift & 0xff)
          .as("%06x, expected %06x", found, expected)
          .isBetween((expected >> shift & 0xff) - 6, (expected >> shift & 0xff) + 6);
    }
  }

  @Test
  void whatIsNoImage() {
    ImageSource.Encoded text = new ImageSource.Encoded(new byte[] {1, 2, 3}, "a.png");
    assertThatThrownBy(() -> ImagePreview.jpeg(text, 64))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageStartingWith("a.png: cannot read the image: it is not a PNG");
    assertThatThrownBy(() -> ImagePreview.jpeg(text, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("longestSide: expected 1 or more, found 0");
  }
}
