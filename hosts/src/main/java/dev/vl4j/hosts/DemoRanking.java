package dev.vl4j.hosts;

import dev.vl4j.engine.Content;
import dev.vl4j.engine.ModelOptions;
import dev.vl4j.engine.RankedDocument;
import dev.vl4j.engine.Reranker;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import javax.imageio.ImageIO;

/**
 * Opens the demonstration model on a backend of the application's own, and ranks text and pictures:
 * what every host is to do.
 */
public final class DemoRanking implements Callable<String> {
  /**
   * The device and the ranking as text, which class loaders can exchange: a line for each document.
   */
  @Override
  public String call() throws IOException {
    try (Reranker reranker =
        Reranker.openDemo(ModelOptions.DEFAULT.withBackend(ShippedProvider.NAME))) {
      List<RankedDocument> ranking =
          reranker.rerank(
              Content.text("a red circle"),
              List.of(
                  Content.text("A circle has no corners."),
                  Content.text("北京 🎉"),
                  Content.image(picture("png")),
                  Content.image(picture("jpeg")),
                  Content.image(webp())));
      return ranking.stream()
          .map(ranked -> "%d %s\n".formatted(ranked.index(), ranked.score()))
          .collect(Collectors.joining("", reranker.devices().getFirst() + "\n", ""));
    }
  }

  private static byte[] picture(String format) throws IOException {
    BufferedImage image = new BufferedImage(40, 40, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < 40 * 40; i++) {
      image.setRGB(i % 40, i / 40, i * 0x010307);
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    if (!ImageIO.write(image, format, out)) {
      throw new IllegalStateException("this JDK cannot write " + format);
    }
    return out.toByteArray();
  }

  private static byte[] webp() throws IOException {
    try (InputStream in = DemoRanking.class.getResourceAsStream("gradient.webp")) {
      return Objects.requireNonNull(in, "gradient.webp").readAllBytes();
    }
  }
}
