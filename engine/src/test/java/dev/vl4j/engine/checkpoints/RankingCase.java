package dev.vl4j.engine.checkpoints;

import dev.vl4j.engine.Content;
import dev.vl4j.engine.Part;
import dev.vl4j.engine.RerankRequest;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.StringJoiner;

/**
 * A query and documents that a random model can rank: they are on the subject by degrees, from not
 * at all to wholly, in the words of a text and in the colours of an image.
 *
 * @param degrees how much each document is on the subject, evenly spread between 0 and 1
 */
public record RankingCase(RerankRequest request, double[] degrees) {
  static final List<String> ON =
      List.of(
          ("mountain river lake forest bird flower bee honey nectar pollen garden apple lemon rain storm"
                  + " sun moon star planet sea island valley grows blooms flies sings wild green")
              .split(" "));
  static final List<String> OFF =
      List.of(
          ("price inflation money bank market teacher school book letter piano doctor table chair window"
                  + " city house car ship keeper capital 1907 12 3.5 buys sells counts reads broken")
              .split(" "));
  private static final List<String> OTHER =
      List.of(
          ("the a of in on at with from near under behind before after and or not because it was is old"
                  + " new small large")
              .split(" "));

  /** Seeded cases of so many documents each. Of four documents, one shows an image. */
  public static List<RankingCase> random(int cases, int documents, long seed) {
    Random random = new Random(seed);
    List<RankingCase> list = new ArrayList<>();
    for (int i = 0; i < cases; i++) {
      Part words = Part.text(sentence(0.5 + 0.5 * random.nextDouble(), 4, random));
      Content query = i % 2 == 0 ? Content.of(words) : Content.of(image(1, random), words);
      List<Content> contents = new ArrayList<>();
      double[] degrees = new double[documents];
      for (int k = 0; k < documents; k++) {
        // An odd stride mixes the order without leaving a degree out.
        double degree = (k * 7 % documents + random.nextDouble()) / documents;
        degrees[k] = degree;
        Part text = Part.text(sentence(degree, 6 + random.nextInt(25), random));
        contents.add(
            switch (k % 8) {
              case 3 -> Content.of(image(degree, random));
              case 7 -> Content.of(image(degree, random), text);
              default -> Content.of(text);
            });
      }
      list.add(new RankingCase(RerankRequest.of(query, contents), degrees));
    }
    return list;
  }

  private static String sentence(double degree, int words, Random random) {
    StringJoiner text = new StringJoiner(" ", "", ".");
    for (int i = 0; i < words; i++) {
      List<String> from = random.nextInt(3) == 0 ? OTHER : random.nextDouble() < degree ? ON : OFF;
      text.add(from.get(random.nextInt(from.size())));
    }
    return text.toString();
  }

  /** A disc on a striped ground; the greener, the more it is on the subject. */
  private static Part image(double degree, Random random) {
    int width = 48 + random.nextInt(80);
    int height = 48 + random.nextInt(80);
    int radius = 10 + random.nextInt(25);
    int centreX = random.nextInt(width);
    int centreY = random.nextInt(height);
    int stripe = 3 + random.nextInt(9);
    int green = (int) (40 + 170 * degree);
    int red = 250 - green;
    int blue = random.nextInt(256);
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        boolean disc = Math.hypot(x - centreX, y - centreY) < radius;
        int shade = (x + y) / stripe % 2 == 0 ? 0 : 20;
        int value = disc ? blue : 255 - blue;
        image.setRGB(x, y, ((red + shade) << 16) | ((green + shade) << 8) | value);
      }
    }
    return Part.image(SmallPictures.png(image));
  }
}
