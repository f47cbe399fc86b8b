package dev.vl4j.engine.vision;

import dev.vl4j.engine.limits.WorkGuard;
import dev.vl4j.engine.vision.decode.BrokenImageException;
import dev.vl4j.engine.vision.decode.DecodedImage;
import dev.vl4j.engine.vision.decode.FormatDecoder;
import dev.vl4j.engine.vision.decode.PixelLimit;
import java.awt.Point;
import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Iterator;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicReference;
import javax.imageio.IIOException;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.metadata.IIOMetadata;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;
import org.jspecify.annotations.Nullable;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** Decodes through the JDK's own readers, whatever other ImageIO plugins are installed. */
final class ImageIoDecoder implements FormatDecoder {
  private final ImageFormat format;

  ImageIoDecoder(ImageFormat format) {
    this.format = format;
  }

  @Override
  public DecodedImage decode(byte[] bytes, WorkGuard guard) throws BrokenImageException {
    try {
      RgbImage image = decodeToRgb(bytes, guard);
      guard.reserve(image.samples().length);
      return DecodedImage.of(image.width(), image.height(), DecodedImage.Mode.RGB, image.samples());
    } catch (BrokenImageException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      // The JDK's readers answer broken files with whatever their parsers run into.
      throw new BrokenImageException("its %s data is broken".formatted(format), e);
    }
  }

  private RgbImage decodeToRgb(byte[] bytes, WorkGuard guard) throws IOException {
    ImageReader reader = jdkReader(format);
    AtomicReference<@Nullable String> truncation = new AtomicReference<>();
    boolean endNeeded = format == ImageFormat.JPEG && !AdobeJpeg.header(bytes).singleScan();
    try (ImageInputStream in = new MemoryCacheImageInputStream(new ByteArrayInputStream(bytes))) {
      reader.setInput(in, false, false);
      reader.addIIOReadWarningListener((source, warning) -> {
        // Of a JPEG that ends early the reader paints the rest gray and only warns.
        String text = warning.toLowerCase(Locale.ROOT);
        if (text.contains("premature end") || (endNeeded && text.contains("missing eoi"))) {
          truncation.set(warning);
        }
      });
      PixelLimit.check(reader.getWidth(0), reader.getHeight(0), guard);
      RgbImage image =
          switch (format) {
            case GIF -> gif(reader, guard);
            case JPEG -> jpeg(reader, bytes);
            case PNG -> PillowColors.toRgb(reader.read(0), pngOverWhite(bytes));
            default -> PillowColors.toRgb(reader.read(0), true);
          };
      String warning = truncation.get();
      if (warning != null) {
        throw new BrokenImageException("it is truncated");
      }
      return image;
    } finally {
      reader.dispose();
    }
  }

  private static ImageReader jdkReader(ImageFormat format) throws IOException {
    Iterator<ImageReader> readers = ImageIO.getImageReadersByFormatName(format.readerName);
    while (readers.hasNext()) {
      ImageReader reader = readers.next();
      if (reader.getClass().getModule() == ImageIO.class.getModule()) {
        return reader;
      }
      reader.dispose();
    }
    throw new IIOException("this JDK has no reader for " + format);
  }

  /** Whether Pillow opens a PNG as RGBA: colour type 6, or 4 (gray, alpha) with 16 bits. */
  private static boolean pngOverWhite(byte[] bytes) {
    int depth = bytes[24];
    int colorType = bytes[25];
    return colorType == 6 || (colorType == 4 && depth == 16);
  }

  private static RgbImage jpeg(ImageReader reader, byte[] bytes) throws IOException {
    AdobeJpeg.Header header = AdobeJpeg.header(bytes);
    if (header.components() != 4) {
      return PillowColors.toRgb(reader.read(0), false);
    }
    return AdobeJpeg.toRgb(reader.readRaster(0, null), header);
  }

  /**
   * The first frame on its logical screen, which Pillow fills with the transparent colour, or with
   * the palette's first.
   */
  private static RgbImage gif(ImageReader reader, WorkGuard guard) throws IOException {
    BufferedImage frame = reader.read(0);
    Point at = new Point();
    int width = frame.getWidth();
    int height = frame.getHeight();
    Element descriptor =
        element(reader.getImageMetadata(0), "javax_imageio_gif_image_1.0", "ImageDescriptor");
    if (descriptor != null) {
      at.x = integer(descriptor, "imageLeftPosition");
      at.y = integer(descriptor, "imageTopPosition");
    }
    Element screen =
        element(
            reader.getStreamMetadata(), "javax_imageio_gif_stream_1.0", "LogicalScreenDescriptor");
    width += at.x;
    height += at.y;
    if (screen != null) {
      width = Math.max(width, integer(screen, "logicalScreenWidth"));
      height = Math.max(height, integer(screen, "logicalScreenHeight"));
    }
    PixelLimit.check(width, height, guard);
    RgbImage image = PillowColors.toRgb(frame, false);
    if (width == image.width() && height == image.height()) {
      return image;
    }
    if (!(frame.getColorModel() instanceof IndexColorModel palette)) {
      throw new IIOException("a GIF without a palette");
    }
    return onScreen(
        image, at, width, height, palette.getRGB(Math.max(palette.getTransparentPixel(), 0)));
  }

  private static RgbImage onScreen(RgbImage image, Point at, int width, int height, int fill) {
    byte[] out = new byte[Math.multiplyExact(3, Math.multiplyExact(width, height))];
    for (int i = 0; i < out.length; i += 3) {
      out[i] = (byte) (fill >> 16);
      out[i + 1] = (byte) (fill >> 8);
      out[i + 2] = (byte) fill;
    }
    int rowSamples = 3 * image.width();
    for (int y = 0; y < image.height(); y++) {
      System.arraycopy(
          image.samples(), y * rowSamples, out, 3 * ((at.y + y) * width + at.x), rowSamples);
    }
    return new RgbImage(width, height, out);
  }

  private static @Nullable Element element(
      @Nullable IIOMetadata metadata, String format, String name) {
    if (metadata == null) {
      return null;
    }
    NodeList found = ((Element) metadata.getAsTree(format)).getElementsByTagName(name);
    return found.getLength() == 0 ? null : (Element) found.item(0);
  }

  private static int integer(Element element, String attribute) {
    return Integer.parseInt(element.getAttribute(attribute));
  }
}
