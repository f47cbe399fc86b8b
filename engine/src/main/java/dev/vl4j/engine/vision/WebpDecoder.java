package dev.vl4j.engine.vision;

import com.luciad.imageio.webp.WebPImageReaderSpi;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import javax.imageio.IIOException;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/** Decodes WebP through libwebp, as Pillow does; there is no exact decoder in Java. */
final class WebpDecoder {
  private WebpDecoder() {}

  static RgbImage decode(byte[] bytes) throws IOException {
    try {
      ImageReader reader = new WebPImageReaderSpi().createReaderInstance(null);
      try (ImageInputStream in = new MemoryCacheImageInputStream(new ByteArrayInputStream(bytes))) {
        reader.setInput(in, false, true);
        ImageDecoder.checkSize(reader.getWidth(0), reader.getHeight(0));
        return PillowColors.toRgb(reader.read(0), true);
      } finally {
        reader.dispose();
      }
    } catch (LinkageError e) {
      throw new IIOException("the native WebP library cannot be loaded here: " + e, e);
    }
  }
}
