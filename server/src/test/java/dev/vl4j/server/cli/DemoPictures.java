package dev.vl4j.server.cli;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;

/**
 * Draws the pictures of the demonstration: one shape of 64 x 64 pixels in the middle of 96 x 96,
 * without antialiasing, pixel for pixel as Pillow's {@code ellipse}, {@code rectangle} and {@code
 * polygon} draw them, which is what the demonstration model was measured with.
 */
final class DemoPictures {
  static final int SIDE = 96;
  static final int GROUND = 0xFAFAFA;
  static final List<String> NAMES =
      List.of(
          "red-circle",
          "blue-circle",
          "green-circle",
          "yellow-circle",
          "purple-circle",
          "green-square",
          "blue-square",
          "orange-square",
          "black-square",
          "yellow-triangle",
          "red-triangle",
          "green-triangle");
  static final Map<String, Integer> COLOURS = colours();

  private static final int MARGIN = 16;
  private static final int SHAPE = SIDE - 2 * MARGIN;

  // Blank pixels at each end of a row, from the top to the middle. Pillow steps along the outline,
  // and no formula for a radius gives exactly its circle.
  private static final int[] CIRCLE_INSETS = {
    26, 22, 20, 18, 16, 14, 13, 12, 10, 9, 8, 8, 7, 6, 5, 5, 4, 4, 3, 3, 2, 2, 1, 1, 1, 1, 0, 0, 0,
    0, 0, 0
  };

  private DemoPictures() {}

  private static Map<String, Integer> colours() {
    Map<String, Integer> colours = new LinkedHashMap<>();
    colours.put("red", 0xD62828);
    colours.put("blue", 0x2654D6);
    colours.put("green", 0x2EA043);
    colours.put("yellow", 0xF5CD28);
    colours.put("orange", 0xF58220);
    colours.put("purple", 0x8838B0);
    colours.put("black", 0x141414);
    return colours;
  }

  /** The picture of a colour and a shape, such as {@code red-circle}. */
  static BufferedImage draw(String name) {
    int dash = name.indexOf('-');
    int colour = COLOURS.get(name.substring(0, dash));
    String shape = name.substring(dash + 1);
    BufferedImage image = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < SIDE; y++) {
      for (int x = 0; x < SIDE; x++) {
        image.setRGB(x, y, inside(shape, x - MARGIN, y - MARGIN) ? colour : GROUND);
      }
    }
    return image;
  }

  private static boolean inside(String shape, int x, int y) {
    if (y < 0 || y >= SHAPE) {
      return false;
    }
    return switch (shape) {
      case "square" -> x >= 0 && x < SHAPE;
      case "circle" -> {
        int inset = CIRCLE_INSETS[Math.min(y, SHAPE - 1 - y)];
        yield x >= inset && x < SHAPE - inset;
      }
      case "triangle" -> x >= SHAPE / 2 - (y + 1) / 2 && x <= SHAPE / 2 + y / 2;
      default -> throw new IllegalArgumentException(shape);
    };
  }

  static byte[] png(BufferedImage image) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ImageIO.write(image, "png", out);
    return out.toByteArray();
  }

  /** Writes all pictures into a directory: how the committed files came about. */
  public static void main(String[] args) throws IOException {
    for (String name : NAMES) {
      Files.write(Path.of(args[0], name + ".png"), png(draw(name)));
    }
  }
}
