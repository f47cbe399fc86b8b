package dev.vl4j.engine.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vl4j.engine.model.Fixtures;
import dev.vl4j.loader.SafetensorsFile;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class PillowResizeTest {
  @Test
  void everyCaseHasPillowsBits() {
    try (SafetensorsFile file =
        SafetensorsFile.open(Fixtures.ROOT.resolve("resize/bicubic.safetensors"))) {
      List<String> inputs =
          file.tensors().keySet().stream().filter(name -> name.endsWith(".in")).toList();
      assertThat(inputs).hasSizeGreaterThan(5);
      for (String input : inputs) {
        String output = input.substring(0, input.length() - "in".length()) + "out";
        RgbImage image = Pixels.of(file.tensors().get(input));
        RgbImage expected = Pixels.of(file.tensors().get(output));
        RgbImage found = PillowResize.bicubic(image, expected.width(), expected.height());
        assertThat(found.width()).as(output).isEqualTo(expected.width());
        assertThat(found.height()).as(output).isEqualTo(expected.height());
        assertThat(found.samples()).as(output).isEqualTo(expected.samples());
      }
    }
  }

  @Test
  void anImageOfTheRightSizeIsNotTouched() {
    RgbImage image = new RgbImage(2, 1, new byte[] {1, 2, 3, -4, -5, -6});
    assertThat(PillowResize.bicubic(image, 2, 1)).isSameAs(image);
  }

  @Test
  void oneColourStaysThatColour() {
    byte[] gray = new byte[3 * 7 * 5];
    Arrays.fill(gray, (byte) 200);
    byte[] found = PillowResize.bicubic(new RgbImage(7, 5, gray), 3, 11).samples();
    assertThat(found).hasSize(3 * 3 * 11).containsOnly((byte) 200);
  }

  @Test
  void emptyTargetsAreRefused() {
    RgbImage image = new RgbImage(1, 1, new byte[3]);
    assertThatThrownBy(() -> PillowResize.bicubic(image, 0, 1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> PillowResize.bicubic(image, 1, -1))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
