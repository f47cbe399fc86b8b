package dev.vl4j.engine.vision;

import dev.vl4j.engine.ImageRules;
import dev.vl4j.engine.ImageSource;
import dev.vl4j.engine.InvalidRequestException;
import dev.vl4j.engine.OverloadedException;
import dev.vl4j.engine.limits.Reservations;
import dev.vl4j.engine.limits.WorkGuard;
import dev.vl4j.engine.vision.bmp.BmpDecoder;
import dev.vl4j.engine.vision.decode.BrokenImageException;
import dev.vl4j.engine.vision.decode.ColorRules;
import dev.vl4j.engine.vision.decode.FormatDecoder;
import dev.vl4j.engine.vision.decode.ImagePixels;
import dev.vl4j.engine.vision.decode.Orientation;
import dev.vl4j.engine.vision.decode.PixelLimit;
import dev.vl4j.engine.vision.gif.GifDecoder;
import dev.vl4j.engine.vision.jpeg.JpegDecoder;
import dev.vl4j.engine.vision.png.PngDecoder;
import dev.vl4j.engine.vision.tiff.TiffDecoder;
import dev.vl4j.engine.vision.webp.WebpDecoder;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;

/**
 * Decodes pictures to the samples that Pillow gives. The format is told from the first bytes: PNG,
 * JPEG, GIF, BMP, TIFF or WebP. Of an animation the first frame counts. Colour profiles and other
 * metadata never change a sample; what becomes of transparency and orientation is a matter of
 * {@link ImageRules}.
 */
public final class ImageDecoder {
  private ImageDecoder() {}

  /**
   * Reads a picture's file, without decoding it.
   *
   * @throws InvalidRequestException if it is missing or cannot be read
   * @throws OverloadedException if there is no memory for it now
   */
  static ImageSource.Encoded read(ImageSource source) {
    try {
      return switch (source) {
        case ImageSource.File file ->
            new ImageSource.Encoded(Files.readAllBytes(file.path()), file.name());
        case ImageSource.Encoded encoded -> encoded;
      };
    } catch (NoSuchFileException e) {
      throw new InvalidRequestException(source.name() + ": no such image file", e);
    } catch (AccessDeniedException e) {
      throw unreadable(source, "this process may not read it", e);
    } catch (IOException e) {
      boolean folder = source instanceof ImageSource.File file && Files.isDirectory(file.path());
      throw unreadable(source, folder ? "it is a directory" : "reading the file failed", e);
    } catch (OutOfMemoryError e) {
      throw new OverloadedException(source.name() + ": not enough memory to read the image now");
    }
  }

  /** Decodes a picture by the official script's rules, within no bounds but Pillow's own. */
  public static RgbImage decode(ImageSource source) {
    return decode(source, WorkGuard.UNBOUNDED);
  }

  /** Decodes a picture by the official script's rules. */
  public static RgbImage decode(ImageSource source, WorkGuard guard) {
    return decode(source, ImageRules.OFFICIAL, guard);
  }

  /**
   * Decodes a picture. The samples of the result stay reserved in the guard, for the caller to
   * release.
   *
   * @throws InvalidRequestException if it is missing, broken, truncated, of another format or has
   *     more pixels than the guard allows; the message names the picture and the reason
   * @throws OverloadedException if there is no memory for it now
   */
  public static RgbImage decode(ImageSource source, ImageRules rules, WorkGuard guard) {
    byte[] bytes = read(source).bytes();
    try (Reservations reservations = new Reservations(guard)) {
      ImagePixels pixels = decoder(bytes).decode(bytes, reservations);
      RgbImage image = toRgb(pixels, rules, reservations);
      reservations.handOver(image.samples().length);
      return image;
    } catch (BrokenImageException e) {
      throw unreadable(source, String.valueOf(e.getMessage()), e);
    } catch (OutOfMemoryError e) {
      throw new OverloadedException(source.name() + ": not enough memory to decode the image now");
    }
  }

  private static FormatDecoder decoder(byte[] bytes) throws BrokenImageException {
    return switch (ImageFormat.of(bytes)) {
      case PNG -> new PngDecoder();
      case JPEG -> new JpegDecoder();
      case GIF -> new GifDecoder();
      case BMP -> new BmpDecoder();
      case TIFF -> new TiffDecoder();
      case WEBP -> new WebpDecoder();
      case UNKNOWN ->
          throw new BrokenImageException(
              bytes.length == 0
                  ? "it is empty"
                  : "it is not a PNG, JPEG, GIF, BMP, TIFF or WebP image");
    };
  }

  private static RgbImage toRgb(ImagePixels pixels, ImageRules rules, WorkGuard guard)
      throws BrokenImageException {
    int width = pixels.width();
    int height = pixels.height();
    ColorRules colors = new ColorRules(pixels, rules);
    byte[] rgb = PixelLimit.samples(width, height, 3, guard);
    byte[] row = new byte[Math.multiplyExact(width, pixels.mode().channels)];
    try (ImagePixels.Rows rows = pixels.rows()) {
      for (int y = 0; y < height; y++) {
        guard.check();
        rows.next(row);
        colors.convert(row, rgb, 3 * y * width);
      }
    }
    if (rules == ImageRules.OFFICIAL || pixels.orientation() == 1) {
      return new RgbImage(width, height, rgb);
    }
    guard.reserve(rgb.length);
    boolean swapped = Orientation.swapsSides(pixels.orientation());
    return new RgbImage(
        swapped ? height : width,
        swapped ? width : height,
        Orientation.upright(rgb, width, height, 3, pixels.orientation()));
  }

  private static InvalidRequestException unreadable(
      ImageSource source, String reason, IOException cause) {
    return new InvalidRequestException(source.name() + ": cannot read the image: " + reason, cause);
  }
}
