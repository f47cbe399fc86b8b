package dev.vl4j.engine;

import dev.vl4j.engine.limits.WorkGuard;
import dev.vl4j.engine.vision.ImageDecoder;
import dev.vl4j.engine.vision.RgbImage;
import dev.vl4j.engine.vision.VideoFrame;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Objects;
import javax.imageio.ImageIO;

/**
 * Small pictures of images, pages and videos for people to look at, in all formats that models
 * read.
 */
public final class ImagePreview {
  private ImagePreview() {}

  /**
   * A small JPEG of an image, or of a page: upright, and over white where the image is transparent.
   *
   * @param longestSide most pixels of either side; an image that is smaller keeps its size
   * @return the bytes of a JPEG file
   * @throws InvalidRequestException if the image cannot be read
   * @throws IllegalArgumentException if the side is below 1
   */
  public static byte[] jpeg(ImageSource image, int longestSide) {
    Objects.requireNonNull(image, "image");
    Arguments.requireAtLeast("longestSide", longestSide, 1);
    return jpeg(
        ImageDecoder.decodeWithin(image, ImageRules.VLLM, longestSide, WorkGuard.UNBOUNDED));
  }

  /**
   * A small JPEG of the frame after a tenth of a video.
   *
   * @param longestSide most pixels of either side; a frame that is smaller keeps its size
   * @return the bytes of a JPEG file
   * @throws InvalidRequestException if the video cannot be read
   * @throws IllegalArgumentException if the side is below 1
   */
  public static byte[] jpeg(VideoSource video, int longestSide) {
    Objects.requireNonNull(video, "video");
    Arguments.requireAtLeast("longestSide", longestSide, 1);
    return jpeg(VideoFrame.within(video, longestSide, WorkGuard.UNBOUNDED));
  }

  private static byte[] jpeg(RgbImage small) {
    try {
      ByteArrayOutputStream file = new ByteArrayOutputStream();
      if (!ImageIO.write(buffered(small), "jpeg", file)) {
        throw new IllegalStateException("this Java writes no JPEG");
      }
      return file.toByteArray();
    } catch (IOException e) {
      throw new IllegalStateException(e); // into memory
    }
  }

  private static BufferedImage buffered(RgbImage image) {
    BufferedImage buffered =
        new BufferedImage(image.width(), image.height(), BufferedImage.TYPE_INT_RGB);
    byte[] samples = image.samples();
    int[] row = new int[image.width()];
    for (int y = 0, place = 0; y < image.height(); y++) {
      for (int x = 0; x < row.length; x++, place += 3) {
        row[x] =
            (samples[place] & 0xff) << 16
                | (samples[place + 1] & 0xff) << 8
                | (samples[place + 2] & 0xff);
      }
      buffered.setRGB(0, y, row.length, 1, row, 0, row.length);
    }
    return buffered;
  }
}
