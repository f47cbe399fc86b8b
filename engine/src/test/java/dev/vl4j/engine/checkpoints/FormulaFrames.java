package dev.vl4j.engine.checkpoints;

import dev.vl4j.engine.ImageSource;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;

/** Frames of fine patterns that move, as {@code bench/reference/videos.py} makes them. */
public final class FormulaFrames {
  private FormulaFrames() {}

  /** {@code [height][width][3]} of one frame, from 0. */
  public static byte[] samples(int frame, int height, int width, int seed) {
    byte[] samples = new byte[height * width * 3];
    int at = 0;
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        for (int c = 0; c < 3; c++) {
          samples[at++] =
              (byte)
                  (x * 7
                      + y * 13
                      + frame * 29
                      + c * 71
                      + ((x * y) % 31) * 5
                      + ((x + frame * 3) * (y + seed)) % 97);
        }
      }
    }
    return samples;
  }

  /** The first frames as PNG files. */
  public static List<ImageSource> encoded(int count, int height, int width, int seed) {
    List<ImageSource> frames = new ArrayList<>();
    for (int frame = 0; frame < count; frame++) {
      frames.add(
          new ImageSource.Encoded(
              png(samples(frame, height, width, seed), height, width), "frame " + frame));
    }
    return frames;
  }

  private static byte[] png(byte[] samples, int height, int width) {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < height * width; i++) {
      int red = samples[3 * i] & 0xFF;
      int green = samples[3 * i + 1] & 0xFF;
      int blue = samples[3 * i + 2] & 0xFF;
      image.setRGB(i % width, i / width, (red << 16) | (green << 8) | blue);
    }
    return SmallPictures.png(image);
  }
}
