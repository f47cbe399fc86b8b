package dev.vl4j.bench.search;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import javax.imageio.ImageIO;

/** A seeded folder of texts and pictures, a hundred in each of its folders. */
final class SearchTree {
  private static final List<String> COLORS =
      List.of("red", "blue", "green", "yellow", "orange", "purple", "black");
  private static final List<Color> PAINTS =
      List.of(
          new Color(0xD62828),
          new Color(0x2654D6),
          new Color(0x2EA043),
          new Color(0xF5CD28),
          new Color(0xF58220),
          new Color(0x8838B0),
          new Color(0x141414));
  private static final List<String> SHAPES = List.of("circle", "square", "triangle");
  private static final List<String> WORDS =
      List.of(
          "the", "a", "has", "is", "on", "beside", "under", "large", "small", "picture", "white",
          "paper", "with", "and", "drawn", "number", "corner", "three", "no", "round");

  private SearchTree() {}

  /** Writes it, unless it is there. */
  static void write(Path folder, int texts, int pictures, long seed) throws IOException {
    if (Files.exists(folder)) {
      return;
    }
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < texts; i++) {
      Path file = folder.resolve("texts/%03d/%05d.txt".formatted(i / 100, i));
      Files.createDirectories(file.getParent());
      Files.writeString(file, text(random, i));
    }
    for (int i = 0; i < pictures; i++) {
      Path file = folder.resolve("pictures/%03d/%05d.png".formatted(i / 100, i));
      Files.createDirectories(file.getParent());
      ImageIO.write(picture(random), "png", file.toFile());
    }
  }

  private static String text(SplittableRandom random, int number) {
    StringBuilder text =
        new StringBuilder(
            "Text %d is about a %s %s."
                .formatted(
                    number,
                    COLORS.get(random.nextInt(COLORS.size())),
                    SHAPES.get(random.nextInt(SHAPES.size()))));
    for (int words = random.nextInt(4, 60); words > 0; words--) {
      text.append(' ').append(WORDS.get(random.nextInt(WORDS.size())));
    }
    return text.append(".\n").toString();
  }

  private static BufferedImage picture(SplittableRandom random) {
    int side = 32 * random.nextInt(2, 6);
    BufferedImage image = new BufferedImage(side, side, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = image.createGraphics();
    graphics.setColor(new Color(0xFAFAFA));
    graphics.fillRect(0, 0, side, side);
    graphics.setColor(PAINTS.get(random.nextInt(PAINTS.size())));
    int size = random.nextInt(side / 3, side - 8);
    int x = random.nextInt(side - size);
    int y = random.nextInt(side - size);
    switch (random.nextInt(SHAPES.size())) {
      case 0 -> graphics.fillOval(x, y, size, size);
      case 1 -> graphics.fillRect(x, y, size, size);
      default ->
          graphics.fillPolygon(
              new int[] {x, x + size / 2, x + size}, new int[] {y + size, y, y + size}, 3);
    }
    graphics.dispose();
    return image;
  }

  /** Questions that no file has in these words. */
  static List<String> questions(int count, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    return random
        .ints(count, 0, COLORS.size() * SHAPES.size())
        .mapToObj(i ->
            "which one shows a %s %s, number %d?"
                .formatted(
                    COLORS.get(i % COLORS.size()),
                    SHAPES.get(i / COLORS.size()),
                    random.nextInt(10_000)))
        .toList();
  }
}
