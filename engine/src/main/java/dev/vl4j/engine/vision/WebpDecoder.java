package dev.vl4j.engine.vision;

import com.luciad.imageio.webp.WebPImageReaderSpi;
import dev.vl4j.engine.limits.WorkGuard;
import dev.vl4j.engine.vision.decode.BrokenImageException;
import dev.vl4j.engine.vision.decode.DecodedImage;
import dev.vl4j.engine.vision.decode.PixelLimit;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/** Decodes WebP through libwebp, as Pillow does; there is no exact decoder in Java. */
final class WebpDecoder {
  private WebpDecoder() {}

  static DecodedImage decode(byte[] bytes, WorkGuard guard) throws BrokenImageException {
    try {
      ImageReader reader = new WebPImageReaderSpi().createReaderInstance(null);
      try (ImageInputStream in = new MemoryCacheImageInputStream(new ByteArrayInputStream(bytes))) {
        reader.setInput(in, false, true);
        PixelLimit.check(reader.getWidth(0), reader.getHeight(0), guard);
        RgbImage image = PillowColors.toRgb(reader.read(0), true);
        guard.reserve(image.samples().length);
        return DecodedImage.of(
            image.width(), image.height(), DecodedImage.Mode.RGB, image.samples());
      } finally {
        reader.dispose();
      }
    } catch (BrokenImageException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      throw new BrokenImageException("its WebP data is broken", e);
    } catch (LinkageError e) {
      throw new BrokenImageException("the native WebP library cannot be loaded here", e);
    }
  }
}
