package dev.vl4j.engine.vision.tiff;

import static dev.vl4j.engine.vision.tiff.TiffTag.COLOR_MAP;
import static dev.vl4j.engine.vision.tiff.TiffTag.ORIENTATION;
import static dev.vl4j.engine.vision.tiff.TiffTag.PHOTOMETRIC;
import static dev.vl4j.engine.vision.tiff.TiffTag.XMP;

import dev.vl4j.engine.limits.WorkGuard;
import dev.vl4j.engine.vision.decode.BrokenImageException;
import dev.vl4j.engine.vision.decode.DecodedImage;
import dev.vl4j.engine.vision.decode.DecodedImage.Palette;
import dev.vl4j.engine.vision.decode.ExifOrientation;
import dev.vl4j.engine.vision.decode.FormatDecoder;
import dev.vl4j.engine.vision.decode.Orientation;

/** Decodes the first image of a TIFF or BigTIFF file and turns it as its Orientation says. */
public final class TiffDecoder implements FormatDecoder {
  private static final int PALETTE_SIZE = 256;

  /** Whether a file begins with one of the headers that Pillow takes for TIFF or BigTIFF. */
  public static boolean isTiff(byte[] file) {
    return TiffDirectory.hasHeader(file);
  }

  @Override
  public DecodedImage decode(byte[] file, WorkGuard guard) throws BrokenImageException {
    TiffDirectory directory = TiffDirectory.read(file, guard);
    TiffLayout layout = TiffLayout.of(directory, guard);
    DecodedImage.Mode mode = layout.mode().result;
    Palette palette =
        mode == DecodedImage.Mode.P || mode == DecodedImage.Mode.PA ? palette(directory) : null;
    Canvas canvas = new Canvas(layout.width(), layout.height(), layout.mode(), guard);
    if (layout.compression() == Compression.NONE) {
      UncompressedPixels.read(directory, layout, canvas, guard);
    } else if (isYcbcr(directory) && !layout.hasJpegColors()) {
      YCbCrPixels.read(directory, layout, canvas, guard);
    } else {
      CompressedPixels.read(directory, layout, canvas, guard);
    }
    byte[] samples = canvas.samples();
    if (layout.mode() == PillowMode.CMYK) {
      samples = CmykColors.toRgb(canvas, guard);
    } else if (layout.mode() == PillowMode.LAB) {
      for (int y = 0; y < layout.height(); y++) {
        guard.check();
        LabColors.toRgb(samples, canvas.at(0, y), layout.width());
      }
    }
    int width = layout.width();
    int height = layout.height();
    int orientation = orientation(directory);
    if (orientation != ExifOrientation.UPRIGHT) {
      guard.reserve(samples.length);
      samples = Orientation.upright(samples, width, height, mode.channels, orientation);
      guard.release(samples.length);
    }
    boolean swapped = Orientation.swapsSides(orientation);
    return new DecodedImage(
        swapped ? height : width,
        swapped ? width : height,
        mode,
        samples,
        palette,
        null,
        ExifOrientation.UPRIGHT);
  }

  private static boolean isYcbcr(TiffDirectory directory) {
    return directory.numberForLibtiff(PHOTOMETRIC, 0) == TiffLayout.YCBCR;
  }

  /** The high bytes of the map's reds, greens and blues; entries past its end are black. */
  private static Palette palette(TiffDirectory directory) throws BrokenImageException {
    TiffField map = directory.find(COLOR_MAP);
    if (map == null || !(map.isInteger() || map.type() == TiffField.BYTE)) {
      throw new BrokenImageException("it has a palette's indices, but no ColorMap");
    }
    int colors = map.count() / 3;
    if (colors > PALETTE_SIZE) {
      throw new BrokenImageException(
          "its ColorMap has %d colours, more than %d".formatted(colors, PALETTE_SIZE));
    }
    byte[] rgb = new byte[3 * PALETTE_SIZE];
    for (int i = 0; i < 3 * colors; i++) {
      rgb[i % colors * 3 + i / colors] = (byte) Math.floorDiv(map.integer(i), 256L);
    }
    return new Palette(rgb, null);
  }

  /** The Orientation that Pillow applies: 1 to 8. */
  private static int orientation(TiffDirectory directory) {
    if (directory.find(ORIENTATION) == null) {
      TiffField xmp = directory.find(XMP);
      return ExifOrientation.of(null, xmp == null ? null : xmp.rawBytes());
    }
    int orientation = directory.number(ORIENTATION, ExifOrientation.UPRIGHT);
    return orientation >= 1 && orientation <= 8 ? orientation : ExifOrientation.UPRIGHT;
  }
}
