package dev.vl4j.engine.vision.tiff;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.testkit.Seeds;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Conversion from L*a*b*, whose colours {@code OddImagesTest} compares with Pillow's. */
class LabColorsTest {
  private static final long SEED = Seeds.seed();

  /** Equal neighbours are converted once, so runs must end where a sample differs. */
  @Test
  void aPixelsColorIsThatOfThePixelAlone() {
    Random random = new Random(SEED);
    byte[] samples = new byte[3 * 1001];
    random.nextBytes(samples);
    for (int i = 1; i < samples.length / 3; i++) {
      int kept = random.nextInt(4); // samples that are those of the pixel before
      System.arraycopy(samples, 3 * i - 3, samples, 3 * i, kept);
    }
    byte[] whole = samples.clone();
    LabColors.toRgb(whole, 3, samples.length / 3 - 1);
    assertThat(Arrays.copyOf(whole, 3)).isEqualTo(Arrays.copyOf(samples, 3));
    for (int at = 3; at < samples.length; at += 3) {
      byte[] alone = Arrays.copyOfRange(samples, at, at + 3);
      LabColors.toRgb(alone, 0, 1);
      assertThat(Arrays.copyOfRange(whole, at, at + 3)).as("sample %d", at).isEqualTo(alone);
    }
  }
}
