package dev.vl4j.engine.vision;

import dev.vl4j.engine.ImageSource;
import dev.vl4j.engine.InvalidRequestException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;

/**
 * Decodes pictures to the samples that Pillow and Qwen's {@code fetch_image} give.
 *
 * <ul>
 *   <li>The format is told from the first bytes: PNG, JPEG, GIF, BMP, TIFF or WebP. Of an animation
 *       the first frame counts.
 *   <li>RGBA is laid over white, as Qwen's script does. Other transparency (gray with alpha, a
 *       transparent palette entry or key colour) is dropped, since the script leaves those modes to
 *       Pillow's {@code convert("RGB")}; only gray with 16-bit alpha is laid over white, because
 *       Pillow opens it as RGBA.
 *   <li>Of 16-bit samples the high byte is kept.
 *   <li>The EXIF orientation and colour profiles are ignored.
 * </ul>
 */
public final class ImageDecoder {
  /** Above this Pillow refuses an image as a decompression bomb. */
  static final long MAX_PIXELS = 178_956_970;

  private ImageDecoder() {}

  /**
   * Reads a picture's file, without decoding it.
   *
   * @throws InvalidRequestException if it is missing or cannot be read
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
    } catch (IOException e) {
      throw unreadable(source, e);
    } catch (OutOfMemoryError e) {
      throw new InvalidRequestException(
          source.name() + ": not enough heap memory to read the image", e);
    }
  }

  /**
   * Decodes a picture.
   *
   * @throws InvalidRequestException if it is missing, broken, truncated, of another format or has
   *     more than 178,956,970 pixels; the message names the picture
   */
  public static RgbImage decode(ImageSource source) {
    byte[] bytes = read(source).bytes();
    try {
      return switch (ImageFormat.of(bytes)) {
        case WEBP -> WebpDecoder.decode(bytes);
        case UNKNOWN ->
            throw new IOException(
                bytes.length == 0
                    ? "it is empty"
                    : "it is not a PNG, JPEG, GIF, BMP, TIFF or WebP image");
        case ImageFormat format -> ImageIoDecoder.decode(bytes, format);
      };
    } catch (IOException e) {
      throw unreadable(source, e);
    } catch (OutOfMemoryError e) {
      throw new InvalidRequestException(
          source.name() + ": not enough heap memory to decode the image", e);
    } catch (RuntimeException e) {
      // The JDK's readers answer some broken files with whatever their parsers run into.
      throw new InvalidRequestException(source.name() + ": the image is broken: " + e, e);
    }
  }

  private static InvalidRequestException unreadable(ImageSource source, IOException e) {
    return new InvalidRequestException(
        source.name() + ": cannot read the image: " + e.getMessage(), e);
  }

  static void checkSize(long width, long height) throws IOException {
    if (width < 1 || height < 1) {
      throw new IOException("it has no pixels (%d x %d)".formatted(width, height));
    }
    if (width * height > MAX_PIXELS) {
      throw new IOException(
          "%d x %d is %d pixels, more than %d"
              .formatted(width, height, width * height, MAX_PIXELS));
    }
  }
}
