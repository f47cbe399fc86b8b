package dev.vl4j.engine.vision.jpeg;

import dev.vl4j.engine.limits.WorkGuard;
import dev.vl4j.engine.vision.decode.BrokenImageException;
import dev.vl4j.engine.vision.decode.FormatDecoder;
import dev.vl4j.engine.vision.decode.ImagePixels;
import dev.vl4j.engine.vision.decode.PixelLimit;
import dev.vl4j.engine.vision.decode.StreamedImage;
import java.util.Arrays;

/**
 * Decodes JPEGs of 8 bits a sample: sequential, progressive and lossless, Huffman-coded and, unless
 * lossless, arithmetic-coded. Every sample is libjpeg-turbo 3.1's on x86-64 in Pillow 12.3; CMYK
 * becomes RGB as by Pillow's {@code convert}. Of an MPO it decodes the first image.
 *
 * <p>Broken data are decoded as there: what is missing within the image is gray, and what breaks
 * off with the file is refused.
 */
public final class JpegDecoder implements FormatDecoder {
  private static final byte MIDDLE = (byte) 128;
  private static final int LARGEST_ARRAY = Integer.MAX_VALUE - 8;

  private final boolean readsRest;

  /** For files: what follows the last row has to be a JPEG's end. */
  public JpegDecoder() {
    this(true);
  }

  private JpegDecoder(boolean readsRest) {
    this.readsRest = readsRest;
  }

  /** For images inside other files: what follows the last row does not matter. */
  public static JpegDecoder ofPart() {
    return new JpegDecoder(false);
  }

  @Override
  public ImagePixels decode(byte[] file, WorkGuard guard) throws BrokenImageException {
    if (file.length < 3 || (file[2] & 0xff) != 0xff) {
      throw new BrokenImageException("its start marker is not followed by another marker");
    }
    JpegInput input = new JpegInput(file);
    SegmentReader segments = new SegmentReader(input);
    try {
      Scan scan = segments.firstScan();
      Frame frame = segments.frame();
      PixelLimit.check(frame.width, frame.height, guard);
      RowOutput rows = new RowOutput(frame, segments);
      boolean severalScans =
          scan.components().length < frame.components.length || frame.process.progressive();
      makePlanes(frame, guard);
      VisitBudget budget = new VisitBudget(frame, file.length);
      if (frame.lossless()) {
        decodeLossless(input, segments, scan, severalScans, guard, budget);
      } else if (severalScans) {
        decodeScans(input, segments, scan, guard, budget);
      } else {
        segments.latchQuantization(scan);
        EntropyDecoder decoder = new ScanDecoders(input, segments, frame).of(scan);
        new BlockScans(frame, guard, budget).decodeWhole(scan, decoder);
      }
      if (!severalScans && readsRest) {
        readRest(input, segments);
      }
      return new StreamedImage(
          frame.width, frame.height, rows.mode(), null, null, segments.orientation(), () -> rows);
    } catch (EndOfDataException e) {
      throw new BrokenImageException("it is truncated: the file ends before the image does", e);
    }
  }

  private static void makePlanes(Frame frame, WorkGuard guard) throws BrokenImageException {
    for (Component component : frame.components) {
      int rows = component.blocksHigh * frame.unit;
      component.plane = PixelLimit.samples(component.stride, rows, 1, guard);
      Arrays.fill(component.plane, MIDDLE);
    }
  }

  private static void decodeLossless(
      JpegInput input,
      SegmentReader segments,
      Scan first,
      boolean severalScans,
      WorkGuard guard,
      VisitBudget budget)
      throws BrokenImageException, EndOfDataException {
    ScanDecoders decoders = new ScanDecoders(input, segments, segments.frame());
    Scan scan = first;
    do {
      decoders.lossless(scan).decode(guard, budget);
      scan = severalScans ? segments.nextScan() : null;
    } while (scan != null);
  }

  /** Several scans add up to coefficients, which become samples after the last one. */
  private static void decodeScans(
      JpegInput input, SegmentReader segments, Scan first, WorkGuard guard, VisitBudget budget)
      throws BrokenImageException, EndOfDataException {
    Frame frame = segments.frame();
    long coefficientBytes = 2 * 64 * frame.blocks();
    guard.reserve(coefficientBytes);
    for (Component component : frame.components) {
      long length = 64L * component.paddedBlocksWide * component.paddedBlocksHigh;
      if (length > LARGEST_ARRAY) {
        throw new BrokenImageException(
            "%d x %d pixels are more than can be held at once"
                .formatted(frame.width, frame.height));
      }
      component.coefficients = new short[(int) length];
    }
    ScanDecoders decoders = new ScanDecoders(input, segments, frame);
    BlockScans scans = new BlockScans(frame, guard, budget);
    for (Scan scan = first; scan != null; scan = segments.nextScan()) {
      segments.latchQuantization(scan);
      scans.decodeInto(scan, decoders.of(scan));
    }
    scans.emitAll(BlockSmoothing.of(frame, segments.scans, scans.lastGoodRow()));
    for (Component component : frame.components) {
      component.coefficients = new short[0];
    }
    guard.release(coefficientBytes);
  }

  /**
   * Reads up to the end marker, whose absence is no fault once all rows are there. What libjpeg
   * refuses on the way is one, as far as Pillow has brought the file by now.
   */
  private static void readRest(JpegInput input, SegmentReader segments)
      throws BrokenImageException {
    input.bound(true);
    try {
      if (segments.nextScan() != null) {
        throw new BrokenImageException("it has another scan behind the whole image");
      }
    } catch (EndOfDataException e) {
      // All rows are there.
    }
  }
}
