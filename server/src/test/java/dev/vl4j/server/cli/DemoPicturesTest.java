package dev.vl4j.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.InputStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

class DemoPicturesTest {
  static final Iterable<String> NAMES = DemoPictures.NAMES;

  /** Pixels, not bytes: another JDK may compress otherwise. */
  @ParameterizedTest
  @FieldSource("NAMES")
  void committedPicturesAreTheDrawnOnes(String name) throws IOException {
    try (InputStream in = DemoCase.class.getResourceAsStream("demo/" + name + ".png")) {
      BufferedImage committed = ImageIO.read(in);
      BufferedImage drawn = DemoPictures.draw(name);
      int side = DemoPictures.SIDE;
      assertThat(committed.getRGB(0, 0, side, side, null, 0, side))
          .isEqualTo(drawn.getRGB(0, 0, side, side, null, 0, side));
    }
  }
}
