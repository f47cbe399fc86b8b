package dev.vl4j.engine.vision.tiff;

import static dev.vl4j.engine.vision.tiff.TiffTag.BITS_PER_SAMPLE;
import static dev.vl4j.engine.vision.tiff.TiffTag.COMPRESSION;
import static dev.vl4j.engine.vision.tiff.TiffTag.EXTRA_SAMPLES;
import static dev.vl4j.engine.vision.tiff.TiffTag.FILL_ORDER;
import static dev.vl4j.engine.vision.tiff.TiffTag.IMAGE_LENGTH;
import static dev.vl4j.engine.vision.tiff.TiffTag.IMAGE_WIDTH;
import static dev.vl4j.engine.vision.tiff.TiffTag.PHOTOMETRIC;
import static dev.vl4j.engine.vision.tiff.TiffTag.PLANAR_CONFIGURATION;
import static dev.vl4j.engine.vision.tiff.TiffTag.SAMPLES_PER_PIXEL;
import static dev.vl4j.engine.vision.tiff.TiffTag.SAMPLE_FORMAT;
import static dev.vl4j.engine.vision.tiff.TiffTag.WINDOWS_MEDIA_PHOTO;

import dev.vl4j.engine.limits.WorkGuard;
import dev.vl4j.engine.vision.decode.BrokenImageException;
import dev.vl4j.engine.vision.decode.PixelLimit;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What an image file directory says about its image, as Pillow reads it.
 *
 * @param width in pixels, before the image is turned
 * @param height in pixels, before the image is turned
 * @param compression of strips or tiles
 * @param photometric how samples are meant; 6 is YCbCr
 * @param planar whether each band has a plane of its own
 * @param fillOrder 2 if the leftmost pixel is in a byte's low bits
 * @param samples of a pixel, without those that Pillow ignores because they come last
 * @param bitsOfPixel the sum of all samples' bits
 * @param bandCount by which Pillow divides the bytes of a row where bands have planes
 * @param rawMode the name of Pillow's raw mode
 */
record TiffLayout(
    int width,
    int height,
    Compression compression,
    int photometric,
    boolean planar,
    int fillOrder,
    int samples,
    int bitsOfPixel,
    int bandCount,
    String rawMode) {

  static final int YCBCR = 6;

  /** Pillow has no mode with more samples. */
  private static final int MAX_SAMPLES = 6;

  /**
   * @throws BrokenImageException if Pillow would not open the image
   */
  static TiffLayout of(TiffDirectory directory, WorkGuard guard) throws BrokenImageException {
    if (directory.find(WINDOWS_MEDIA_PHOTO) != null) {
      throw new BrokenImageException("Windows Media Photo is not supported");
    }
    Compression compression = Compression.of(directory.number(COMPRESSION, 1));
    boolean planar = directory.number(PLANAR_CONFIGURATION, 1) == 2;
    int photometric = directory.number(PHOTOMETRIC, 0);
    int fillOrder = directory.number(FILL_ORDER, 1);
    long width = dimension(directory, IMAGE_WIDTH);
    long height = dimension(directory, IMAGE_LENGTH);
    PixelLimit.check(width, height, guard);
    int sampleFormat = sampleFormat(directory.find(SAMPLE_FORMAT));
    int[] extra = values(directory.find(EXTRA_SAMPLES), new int[0]);
    int[] bits = values(directory.find(BITS_PER_SAMPLE), new int[] {1});
    long samples = directory.number(SAMPLES_PER_PIXEL, 1);
    if (planar && extra.length > 0 && Arrays.stream(extra).max().getAsInt() == 0) {
      bits = Arrays.copyOf(bits, Math.max(bits.length - extra.length, 0));
      samples -= extra.length;
      extra = new int[0];
    }
    if (samples < 1 || samples > MAX_SAMPLES) {
      throw new BrokenImageException(samples + " samples a pixel are not supported");
    }
    bits = perSample(bits, (int) samples);
    String rawMode =
        RawMode.of(directory.bigEndian(), photometric, sampleFormat, fillOrder, bits, extra);
    if (rawMode == null) {
      throw new BrokenImageException(
          "its kind of TIFF is not supported: photometric interpretation %d, sample format %d, fill order %d, bits per sample %s, extra samples %s"
              .formatted(
                  photometric,
                  sampleFormat,
                  fillOrder,
                  Arrays.toString(bits),
                  Arrays.toString(extra)));
    }
    int colors =
        switch (photometric) {
          case 2, YCBCR, 8 -> 3;
          case 5 -> 4;
          default -> 1;
        };
    return new TiffLayout(
        (int) width,
        (int) height,
        compression,
        photometric,
        planar,
        fillOrder,
        (int) samples,
        Arrays.stream(bits).sum(),
        colors + extra.length,
        rawMode);
  }

  private static long dimension(TiffDirectory directory, TiffTag tag) throws BrokenImageException {
    TiffField field = directory.find(tag);
    if (field == null) {
      throw new BrokenImageException("its TIFF directory has no " + tag.label);
    }
    if (!field.isInteger()) {
      throw new BrokenImageException("its " + tag.label + " is not an integer");
    }
    return field.integer(0);
  }

  /** One format for all samples, or -1 if there is none. */
  private static int sampleFormat(@Nullable TiffField field) {
    if (field == null) {
      return 1;
    }
    for (int i = 1; i < field.count(); i++) {
      if (field.number(i) != field.number(0)) {
        return -1;
      }
    }
    return value(field, 0);
  }

  /** The first values, one more than any mode has samples, so that longer lists fit none. */
  private static int[] values(@Nullable TiffField field, int[] fallback) {
    if (field == null) {
      return fallback;
    }
    int[] values = new int[Math.min(field.count(), MAX_SAMPLES + 1)];
    for (int i = 0; i < values.length; i++) {
      values[i] = value(field, i);
    }
    return values;
  }

  /** An integer from 0 on, or -1. */
  private static int value(TiffField field, int index) {
    double value = field.number(index);
    return value >= 0 && value <= 0xffff && value == Math.rint(value) ? (int) value : -1;
  }

  /** The bits of each sample: one value counts for all, and values past the last do not. */
  private static int[] perSample(int[] bits, int samples) throws BrokenImageException {
    if (bits.length == 1) {
      int[] all = new int[samples];
      Arrays.fill(all, bits[0]);
      return all;
    }
    if (bits.length < samples) {
      throw new BrokenImageException(
          "its BitsPerSample has %d values for %d samples".formatted(bits.length, samples));
    }
    return Arrays.copyOf(bits, samples);
  }

  PillowMode mode() {
    return RawMode.modeOf(rawMode);
  }

  /** Whether colours are converted to RGB in the course of decompression. */
  boolean hasJpegColors() {
    return photometric == YCBCR && compression == Compression.JPEG && !planar;
  }

  boolean floats() {
    return rawMode.startsWith("F");
  }

  /** Bits of one sample. */
  int bits() {
    return bitsOfPixel / samples;
  }
}
