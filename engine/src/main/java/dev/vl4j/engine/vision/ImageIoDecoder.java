package dev.vl4j.engine.vision;

import dev.vl4j.engine.limits.WorkGuard;
import dev.vl4j.engine.vision.decode.BrokenImageException;
import dev.vl4j.engine.vision.decode.DecodedImage;
import dev.vl4j.engine.vision.decode.FormatDecoder;
import dev.vl4j.engine.vision.decode.PixelLimit;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Iterator;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicReference;
import javax.imageio.IIOException;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;
import org.jspecify.annotations.Nullable;

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
            case JPEG -> jpeg(reader, bytes);
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

  private static RgbImage jpeg(ImageReader reader, byte[] bytes) throws IOException {
    AdobeJpeg.Header header = AdobeJpeg.header(bytes);
    if (header.components() != 4) {
      return PillowColors.toRgb(reader.read(0), false);
    }
    return AdobeJpeg.toRgb(reader.readRaster(0, null), header);
  }
}
