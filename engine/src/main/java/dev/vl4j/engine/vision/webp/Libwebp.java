package dev.vl4j.engine.vision.webp;

import com.luciad.imageio.webp.WebPReadParam;
import com.luciad.imageio.webp.WebPWrapper;
import dev.vl4j.engine.vision.decode.BrokenImageException;
import java.io.IOException;

/** The native decoder, below its ImageIO plugin, so that nothing of AWT is loaded. */
final class Libwebp {
  private Libwebp() {}

  /**
   * Decodes one frame.
   *
   * @return {@code [height][width]}, alpha in the highest byte, then red, green and blue
   * @throws BrokenImageException if the frame is broken, or the library cannot be loaded
   */
  static int[] decode(byte[] file, WebpFrame frame) throws BrokenImageException {
    try {
      return call(file, frame.from(), frame.length());
    } catch (IOException e) {
      throw new BrokenImageException("its WebP frame is broken or truncated", e);
    } catch (OutOfMemoryError e) {
      if (frame.hasAlphaChunk() && !fromJava(e)) {
        // libwebp also says so of an alpha channel whose header is broken. Without alpha there is
        // an answer, or it is true.
        decode(file, frame.withoutAlphaChunk());
        throw new BrokenImageException("its alpha channel is broken");
      }
      throw e;
    } catch (LinkageError e) {
      throw new BrokenImageException(
          "WebP cannot be decoded here: its native library cannot be loaded", e);
    }
  }

  /** The virtual machine says what was too small, the wrapper nothing. */
  private static boolean fromJava(OutOfMemoryError error) {
    return error.getMessage() != null;
  }

  /** The wrapper is written in Kotlin and does not declare what it throws. */
  @SuppressWarnings("RedundantThrows")
  private static int[] call(byte[] bytes, int from, int length) throws IOException {
    WebPReadParam options = new WebPReadParam();
    return WebPWrapper.INSTANCE.decode(
        options.getDecoderOptions$com_github_usefulness_webp_imageio(),
        bytes,
        from,
        length,
        new int[4]);
  }
}
