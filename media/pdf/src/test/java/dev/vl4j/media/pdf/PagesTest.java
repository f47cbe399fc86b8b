package dev.vl4j.media.pdf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.engine.media.MediaException;
import dev.vl4j.engine.media.MeteredGuard;
import dev.vl4j.engine.media.OpenPages;
import dev.vl4j.engine.media.PageRenderer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.stream.Stream;
import java.util.zip.InflaterInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Pages look as PDFium draws them, which {@code bench/reference/pages.py} wrote down. */
public class PagesTest {
  private static final Path FOLDER = Path.of("src/test/resources/pages");
  private static final JsonNode EXPECTED =
      JsonMapper.shared().readTree(FOLDER.resolve("expected.json").toFile());

  /** Edges are smoothed otherwise, and words are in another font. */
  private static final double MEAN_TOLERANCE = 6;

  private static final int EQUAL = 48;
  private static final double EQUAL_SHARE = 0.95;

  private final PageRenderer renderer = new PdfBoxRenderer();

  public static Stream<String> files() {
    return EXPECTED.propertyStream().map(entry -> entry.getKey());
  }

  public static byte[] bytes(String name) throws IOException {
    return Files.readAllBytes(FOLDER.resolve(name));
  }

  @ParameterizedTest
  @MethodSource("files")
  void pagesLookAsPdfiumDrawsThem(String name) throws IOException, MediaException {
    JsonNode expected = EXPECTED.get(name);
    int width = expected.get("width").intValue();
    int height = expected.get("height").intValue();
    MeteredGuard guard = new MeteredGuard();
    byte[] pixels;
    try (OpenPages pages = renderer.open(bytes(name), guard)) {
      assertThat(pages.pages()).isEqualTo(1);
      assertThat(pages.size(0))
          .isEqualTo(
              new OpenPages.PageSize(
                  expected.get("points").get(0).doubleValue(),
                  expected.get("points").get(1).doubleValue()));
      pixels = pages.render(0, width, height);
    }
    assertThat(guard.held()).isZero();
    assertThat(guard.checks()).isPositive();
    byte[] reference =
        new InflaterInputStream(
                new ByteArrayInputStream(
                    Base64.getDecoder().decode(expected.get("pixels").stringValue())))
            .readAllBytes();
    assertThat(pixels).hasSize(3 * width * height).hasSameSizeAs(reference);
    long sum = 0;
    int equal = 0;
    for (int i = 0; i < pixels.length; i++) {
      int difference = Math.abs(Byte.toUnsignedInt(pixels[i]) - Byte.toUnsignedInt(reference[i]));
      sum += difference;
      equal += difference <= EQUAL ? 1 : 0;
    }
    assertThat((double) sum / pixels.length).as("mean difference").isLessThan(MEAN_TOLERANCE);
    assertThat((double) equal / pixels.length).as("share of equal").isGreaterThan(EQUAL_SHARE);
  }

  @ParameterizedTest
  @MethodSource("files")
  void aFileIsReadAsItsBytesAre(String name) throws IOException, MediaException {
    try (OpenPages file = renderer.open(FOLDER.resolve(name), new MeteredGuard());
        OpenPages bytes = renderer.open(bytes(name), new MeteredGuard())) {
      assertThat(file.render(0, 91, 77)).isEqualTo(bytes.render(0, 91, 77));
      // Drawing changes nothing that is drawn later.
      assertThat(file.size(0)).isEqualTo(bytes.size(0));
      assertThat(file.render(0, 77, 91)).hasSize(3 * 77 * 91);
      assertThat(file.render(0, 91, 77)).isEqualTo(bytes.render(0, 91, 77));
    }
  }

  /** Both axes are stretched: a rectangle stays where it is, in parts of the page. */
  @Test
  void axesAreStretchedOnTheirOwn() throws IOException, MediaException {
    try (OpenPages pages = renderer.open(bytes("shapes.pdf"), new MeteredGuard())) {
      for (int[] size : new int[][] {{180, 240}, {360, 240}, {180, 480}, {97, 331}}) {
        byte[] pixels = pages.render(0, size[0], size[1]);
        // Blue from (20, 20) to (80, 120) of 180 x 240 points, y upwards; white beside it.
        assertThat(pixel(pixels, size, 50 / 180.0, 1 - 70 / 240.0)).isEqualTo(0x3366e6);
        assertThat(pixel(pixels, size, 10 / 180.0, 1 - 70 / 240.0)).isEqualTo(0xffffff);
        assertThat(pixel(pixels, size, 145 / 180.0, 1 - 80 / 240.0)).isEqualTo(0x808080);
      }
    }
  }

  private static int pixel(byte[] pixels, int[] size, double x, double y) {
    int row = (int) (y * size[1]);
    int column = (int) (x * size[0]);
    int at = 3 * (row * size[0] + column);
    return Byte.toUnsignedInt(pixels[at]) << 16
        | Byte.toUnsignedInt(pixels[at + 1]) << 8
        | Byte.toUnsignedInt(pixels[at + 2]);
  }
}
