package dev.vl4j.media.pdf;

import dev.vl4j.engine.media.MediaWork;
import java.io.IOException;
import java.io.InputStream;
import java.util.Iterator;
import java.util.List;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;
import org.apache.pdfbox.cos.COSName;
import org.apache.pdfbox.pdmodel.graphics.image.PDImage;
import org.apache.pdfbox.pdmodel.graphics.image.PDImageXObject;
import org.apache.pdfbox.pdmodel.graphics.image.PDInlineImage;

/** What is asked of the pictures of a page before they are decoded. */
final class Pictures {
  /** Decoded samples, a picture of them in red, green, blue and alpha, and one that is masked. */
  private static final int BYTES_PER_PIXEL = 16;

  private static final List<String> JPEG =
      List.of(COSName.DCT_DECODE.getName(), COSName.DCT_DECODE_ABBREVIATION.getName());

  private final MediaWork work;

  Pictures(MediaWork work) {
    this.work = work;
  }

  /**
   * Reserves memory for a picture with its masks.
   *
   * @return how many bytes
   */
  long reserve(PDImage image) throws IOException {
    long pixels = pixels(image);
    if (image instanceof PDImageXObject object) {
      PDImageXObject softMask = object.getSoftMask();
      PDImageXObject mask = object.getMask();
      if (softMask != null) {
        pixels += pixels(softMask);
      }
      if (mask != null) {
        pixels += pixels(mask);
      }
    }
    long bytes = BYTES_PER_PIXEL * pixels;
    work.reserve(bytes);
    return bytes;
  }

  private long pixels(PDImage image) throws IOException {
    List<String> filters = filters(image);
    if (filters.contains(COSName.JPX_DECODE.getName())
        || filters.contains(COSName.JBIG2_DECODE.getName())) {
      throw unknownCoding();
    }
    long pixels = (long) Math.max(image.getWidth(), 0) * Math.max(image.getHeight(), 0);
    if (filters.stream().anyMatch(JPEG::contains)) {
      // What counts for the decoder is the file within.
      pixels = Math.max(pixels, pixelsOfJpeg(image));
    }
    if (pixels > work.maxPixels()) {
      throw new Refusal(
          "a picture has %d pixels, and at most %d are read".formatted(pixels, work.maxPixels()));
    }
    return pixels;
  }

  static Refusal unknownCoding() {
    return new Refusal("a picture is coded as JPEG 2000 or JBIG2, which are not decoded");
  }

  private static List<String> filters(PDImage image) {
    if (image instanceof PDImageXObject object) {
      return object.getStream().getFilters().stream().map(COSName::getName).toList();
    }
    List<String> filters = ((PDInlineImage) image).getFilters();
    return filters == null ? List.of() : filters;
  }

  private static long pixelsOfJpeg(PDImage image) throws IOException {
    Iterator<ImageReader> readers = ImageIO.getImageReadersByFormatName("JPEG");
    if (!readers.hasNext()) {
      return 0;
    }
    ImageReader reader = readers.next();
    try (InputStream bytes = image.createInputStream(JPEG);
        ImageInputStream input = new MemoryCacheImageInputStream(bytes)) {
      reader.setInput(input, true, true);
      return (long) reader.getWidth(0) * reader.getHeight(0);
    } finally {
      reader.dispose();
    }
  }
}
