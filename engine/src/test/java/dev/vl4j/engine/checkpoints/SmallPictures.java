package dev.vl4j.engine.checkpoints;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import javax.imageio.ImageIO;

/** PNG files of odd sizes, for tests here and in other modules. */
public final class SmallPictures {
  public static final byte[] RED_CIRCLE = circle(Color.RED, 97, 61);
  public static final byte[] BLUE_CIRCLE = circle(Color.BLUE, 64, 64);

  private SmallPictures() {}

  /** Of one color. */
  public static byte[] plain(int width, int height, Color color) {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = image.createGraphics();
    graphics.setColor(color);
    graphics.fillRect(0, 0, width, height);
    graphics.dispose();
    return png(image);
  }

  private static byte[] circle(Color color, int width, int height) {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = image.createGraphics();
    graphics.setColor(Color.WHITE);
    graphics.fillRect(0, 0, width, height);
    graphics.setColor(color);
    graphics.fillOval(5, 5, height - 10, height - 10);
    graphics.dispose();
    return png(image);
  }

  /** The file of an image. */
  static byte[] png(BufferedImage image) {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    try {
      ImageIO.write(image, "png", file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return file.toByteArray();
  }
}
