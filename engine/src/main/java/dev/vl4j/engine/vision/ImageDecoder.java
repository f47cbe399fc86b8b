package dev.vl4j.engine.vision;

import dev.vl4j.engine.ImageRules;
import dev.vl4j.engine.ImageSource;
import dev.vl4j.engine.InvalidRequestException;
import dev.vl4j.engine.OverloadedException;
import dev.vl4j.engine.limits.Reservations;
import dev.vl4j.engine.limits.WorkGuard;
import dev.vl4j.engine.media.MediaLibraries;
import dev.vl4j.engine.vision.bmp.BmpDecoder;
import dev.vl4j.engine.vision.decode.BrokenImageException;
import dev.vl4j.engine.vision.decode.FormatDecoder;
import dev.vl4j.engine.vision.decode.ImagePixels;
import dev.vl4j.engine.vision.decode.Orientation;
import dev.vl4j.engine.vision.gif.GifDecoder;
import dev.vl4j.engine.vision.jpeg.JpegDecoder;
import dev.vl4j.engine.vision.png.PngDecoder;
import dev.vl4j.engine.vision.tiff.TiffDecoder;
import dev.vl4j.engine.vision.webp.WebpDecoder;

/**
 * Decodes images to the samples that Pillow gives. The format is told from the first bytes: PNG,
 * JPEG, GIF, BMP, TIFF or WebP. Of an animation the first frame counts. Colour profiles and other
 * metadata never change a sample; what becomes of transparency and orientation is a matter of
 * {@link ImageRules}.
 */
public final class ImageDecoder {
  private ImageDecoder() {}

  /** What size an image is to have. */
  @FunctionalInterface
  interface TargetSize {
    /**
     * @param height of the image as it is, upright
     * @param width likewise
     * @throws InvalidRequestException if such an image is not wanted
     */
    SmartResize.Size of(int height, int width);
  }

  /**
   * An image in the size that was asked for.
   *
   * @param sourcePixels how many it had before
   */
  record Resized(RgbImage image, long sourcePixels) {}

  /** Decodes an image by the official script's rules, within no bounds but Pillow's own. */
  public static RgbImage decode(ImageSource source) {
    return decode(source, WorkGuard.UNBOUNDED);
  }

  /** Decodes an image by the official script's rules. */
  public static RgbImage decode(ImageSource source, WorkGuard guard) {
    return decode(source, ImageRules.OFFICIAL, guard);
  }

  /**
   * Decodes an image in its own size. The samples of the result stay reserved in the guard, for the
   * caller to release.
   *
   * @throws InvalidRequestException if it is missing, broken, truncated, of another format or has
   *     more pixels than the guard allows; the message names the image and the reason
   * @throws OverloadedException if there is no memory for it now
   */
  public static RgbImage decode(ImageSource source, ImageRules rules, WorkGuard guard) {
    return decode(source, rules, SmartResize.Size::new, guard).image();
  }

  /**
   * Decodes an image, or draws a page, into a square, as large as it fits, but never larger than it
   * is.
   *
   * @param side of the square in pixels
   * @throws InvalidRequestException as above
   * @throws OverloadedException if there is no memory for it now
   */
  public static RgbImage decodeWithin(
      ImageSource source, ImageRules rules, int side, WorkGuard guard) {
    TargetSize within = (height, width) -> within(height, width, side);
    return (source instanceof ImageSource.Page page
            ? PageReader.draw(page, within, MediaLibraries.pageRenderer(), guard)
            : decode(source, rules, within, guard))
        .image();
  }

  static SmartResize.Size within(int height, int width, int side) {
    double scale = Math.min(1, (double) side / Math.max(height, width));
    return new SmartResize.Size(
        Math.max(1, (int) Math.round(height * scale)),
        Math.max(1, (int) Math.round(width * scale)));
  }

  /**
   * Decodes an image and resizes it, row by row where its format allows: then no more than the
   * result is in memory. The samples of the result stay reserved in the guard, for the caller to
   * release.
   *
   * @throws InvalidRequestException as above, or if its size is refused
   * @throws OverloadedException if there is no memory for it now
   */
  static Resized decode(ImageSource source, ImageRules rules, TargetSize target, WorkGuard guard) {
    ImageSource.Encoded file = ImageFiles.read(source, Integer.MAX_VALUE, WorkGuard.UNBOUNDED);
    try (Reservations reservations = new Reservations(guard)) {
      Resized resized = decode(file.bytes(), rules, target, reservations);
      reservations.handOver(resized.image().samples().length);
      return resized;
    } catch (BrokenImageException e) {
      throw new InvalidRequestException(
          source.name() + ": cannot read the image: " + e.getMessage(), e);
    } catch (InvalidRequestException e) {
      throw new InvalidRequestException(source.name() + ": " + e.getMessage(), e);
    } catch (OutOfMemoryError e) {
      throw new OverloadedException(source.name() + ": not enough memory to decode the image now");
    }
  }

  private static Resized decode(byte[] file, ImageRules rules, TargetSize target, WorkGuard guard)
      throws BrokenImageException {
    ImagePixels pixels = decoder(file).decode(file, guard);
    int orientation = rules == ImageRules.VLLM ? pixels.orientation() : 1;
    boolean turned = Orientation.swapsSides(orientation);
    int width = turned ? pixels.height() : pixels.width();
    int height = turned ? pixels.width() : pixels.height();
    SmartResize.Size size = target.of(height, width);
    long count = (long) width * height;
    try (ConvertedRows rows = new ConvertedRows(pixels, rules, guard)) {
      PixelRows upright =
          orientation == 1 ? rows : PixelRows.of(upright(rows, width, height, orientation, guard));
      return new Resized(PillowResize.bicubic(upright, size.width(), size.height(), guard), count);
    }
  }

  /** The whole image, turned. */
  private static RgbImage upright(
      PixelRows rows, int width, int height, int orientation, WorkGuard guard)
      throws BrokenImageException {
    RgbImage lying = rows.whole(guard);
    byte[] samples = lying.samples();
    guard.reserve(samples.length);
    byte[] turned =
        Orientation.upright(samples, lying.width(), lying.height(), RgbImage.CHANNELS, orientation);
    guard.release(samples.length);
    return new RgbImage(width, height, turned);
  }

  private static FormatDecoder decoder(byte[] file) throws BrokenImageException {
    return switch (ImageFormat.of(file)) {
      case PNG -> new PngDecoder();
      case JPEG -> new JpegDecoder();
      case GIF -> new GifDecoder();
      case BMP -> new BmpDecoder();
      case TIFF -> new TiffDecoder();
      case WEBP -> new WebpDecoder();
      case UNKNOWN ->
          throw new BrokenImageException(
              file.length == 0
                  ? "it is empty"
                  : "it is not a PNG, JPEG, GIF, BMP, TIFF or WebP image");
    };
  }
}
