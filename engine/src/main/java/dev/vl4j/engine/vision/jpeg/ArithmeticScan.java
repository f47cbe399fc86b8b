package dev.vl4j.engine.vision.jpeg;

import dev.vl4j.engine.vision.decode.BrokenImageException;
import java.util.Arrays;

/**
 * Sequential and progressive scans of arithmetic-coded coefficients. libjpeg cannot wait for more
 * input here, so that Pillow refuses such files where they go beyond their first 64 KiB.
 */
final class ArithmeticScan implements EntropyDecoder {
  /** How coefficients are conditioned (DAC segments): by table number. */
  record Conditioning(int[] dcLower, int[] dcUpper, int[] acThreshold) {
    static final int TABLES = 16;

    static Conditioning initial() {
      int[] upper = new int[TABLES];
      int[] threshold = new int[TABLES];
      Arrays.fill(upper, 1);
      Arrays.fill(threshold, 5);
      return new Conditioning(new int[TABLES], upper, threshold);
    }
  }

  private static final int DC_BINS = 64;
  private static final int AC_BINS = 256;
  private static final int DC_MAGNITUDE_BINS = 20;
  private static final int AC_LOW_MAGNITUDE_BINS = 189;
  private static final int AC_HIGH_MAGNITUDE_BINS = 217;
  private static final int TO_MAGNITUDE_BITS = 14;
  private static final int MAGNITUDE_LIMIT = 0x8000;

  private final JpegInput input;
  private final ArithmeticDecoder decoder;
  private final Restarts restarts;
  private final Scan scan;
  private final boolean progressive;
  private final Conditioning conditioning;

  private final byte[][] dcStatistics = new byte[Conditioning.TABLES][DC_BINS];
  private final byte[][] acStatistics = new byte[Conditioning.TABLES][AC_BINS];
  private final byte[] even = {ArithmeticDecoder.FIXED};
  private final int[] dc;
  private final int[] dcContext;

  /** Whether the data cannot be right, so that the rest of the interval is left out. */
  private boolean broken;

  ArithmeticScan(
      JpegInput input,
      Restarts restarts,
      Scan scan,
      boolean progressive,
      Conditioning conditioning) {
    this.input = input;
    this.decoder = new ArithmeticDecoder(input);
    this.restarts = restarts;
    this.scan = scan;
    this.progressive = progressive;
    this.conditioning = conditioning;
    this.dc = new int[scan.components().length];
    this.dcContext = new int[scan.components().length];
  }

  @Override
  public void decode(Mcu mcu) throws BrokenImageException, EndOfDataException {
    input.bound(true);
    try {
      decodeBlocks(mcu);
    } catch (EndOfDataException e) {
      if (input.hasMore()) {
        throw new BrokenImageException(
            "it is an arithmetic-coded JPEG of more than 64 KiB, which Pillow does not open", e);
      }
      throw e;
    }
    input.bound(false);
  }

  private void decodeBlocks(Mcu mcu) throws EndOfDataException {
    if (restarts.due()) {
      restart();
    }
    restarts.count(1);
    for (int b = 0; b < mcu.offsets.length; b++) {
      short[] block = mcu.arrays[b];
      int at = mcu.offsets[b];
      mcu.last[b] = 63;
      if (progressive && scan.start() == 0 && scan.high() > 0) {
        if (decoder.decide(even, 0)) {
          block[at] |= (short) (1 << scan.low());
        }
        continue;
      }
      if (broken) {
        return;
      }
      int owner = mcu.owners[b];
      if (!progressive) {
        if (decodeDc(owner)) {
          block[at] = (short) dc[owner];
          decodeAc(block, at, scan.acTables()[owner], 1, 63, 0);
        }
      } else if (scan.start() == 0) {
        if (decodeDc(owner)) {
          block[at] = (short) (dc[owner] << scan.low());
        }
      } else if (scan.high() == 0) {
        decodeAc(block, at, scan.acTables()[0], scan.start(), scan.end(), scan.low());
      } else {
        refineAc(block, at);
      }
    }
  }

  @Override
  public int skip(int most) {
    if (!broken) {
      return 0;
    }
    int mcus = restarts.ahead(most);
    restarts.count(mcus);
    return mcus;
  }

  @Override
  public boolean exhausted() {
    return false;
  }

  private void restart() throws EndOfDataException {
    input.readRestartMarker(restarts.take());
    for (byte[] statistics : dcStatistics) {
      Arrays.fill(statistics, (byte) 0);
    }
    for (byte[] statistics : acStatistics) {
      Arrays.fill(statistics, (byte) 0);
    }
    Arrays.fill(dc, 0);
    Arrays.fill(dcContext, 0);
    decoder.start();
    broken = false;
  }

  /** Adds the difference to the component's DC value. Returns false if the data are broken. */
  private boolean decodeDc(int owner) throws EndOfDataException {
    int table = scan.dcTables()[owner];
    byte[] bins = dcStatistics[table];
    int bin = dcContext[owner];
    if (!decoder.decide(bins, bin)) {
      dcContext[owner] = 0;
      return true;
    }
    boolean negative = decoder.decide(bins, bin + 1);
    bin += negative ? 3 : 2;
    int magnitude = 0;
    if (decoder.decide(bins, bin)) {
      magnitude = 1;
      bin = DC_MAGNITUDE_BINS;
      while (decoder.decide(bins, bin)) {
        magnitude <<= 1;
        if (magnitude == MAGNITUDE_LIMIT) {
          broken = true;
          return false;
        }
        bin++;
      }
    }
    int sign = negative ? 4 : 0;
    if (magnitude < (1 << conditioning.dcLower[table]) >> 1) {
      dcContext[owner] = 0;
    } else if (magnitude > (1 << conditioning.dcUpper[table]) >> 1) {
      dcContext[owner] = 12 + sign;
    } else {
      dcContext[owner] = 4 + sign;
    }
    int value = magnitude(bins, bin, magnitude);
    dc[owner] += negative ? -value : value;
    return true;
  }

  /** The bits below the highest one, which is known, plus 1. */
  private int magnitude(byte[] bins, int bin, int highest) throws EndOfDataException {
    int value = highest;
    for (int bit = highest >> 1; bit > 0; bit >>= 1) {
      if (decoder.decide(bins, bin + TO_MAGNITUDE_BITS)) {
        value |= bit;
      }
    }
    return value + 1;
  }

  private void decodeAc(short[] block, int at, int table, int start, int end, int shift)
      throws EndOfDataException {
    byte[] bins = acStatistics[table];
    for (int k = start; k <= end; k++) {
      int bin = 3 * (k - 1);
      if (decoder.decide(bins, bin)) {
        return;
      }
      while (!decoder.decide(bins, bin + 1)) {
        bin += 3;
        k++;
        if (k > end) {
          broken = true;
          return;
        }
      }
      boolean negative = decoder.decide(even, 0);
      bin += 2;
      int magnitude = 0;
      if (decoder.decide(bins, bin)) {
        magnitude = 1;
        if (decoder.decide(bins, bin)) {
          magnitude = 2;
          bin =
              k <= conditioning.acThreshold[table] ? AC_LOW_MAGNITUDE_BINS : AC_HIGH_MAGNITUDE_BINS;
          while (decoder.decide(bins, bin)) {
            magnitude <<= 1;
            if (magnitude == MAGNITUDE_LIMIT) {
              broken = true;
              return;
            }
            bin++;
          }
        }
      }
      int value = magnitude(bins, bin, magnitude);
      block[at + Mcu.NATURAL_ORDER[k]] = (short) ((negative ? -value : value) << shift);
    }
  }

  private void refineAc(short[] block, int at) throws EndOfDataException {
    byte[] bins = acStatistics[scan.acTables()[0]];
    int bit = 1 << scan.low();
    int lastBefore = scan.end();
    while (lastBefore > 0 && block[at + Mcu.NATURAL_ORDER[lastBefore]] == 0) {
      lastBefore--;
    }
    for (int k = scan.start(); k <= scan.end(); k++) {
      int bin = 3 * (k - 1);
      if (k > lastBefore && decoder.decide(bins, bin)) {
        return;
      }
      while (!refineOne(block, at + Mcu.NATURAL_ORDER[k], bins, bin, bit)) {
        bin += 3;
        k++;
        if (k > scan.end()) {
          broken = true;
          return;
        }
      }
    }
  }

  /** Returns false if the coefficient stays 0. */
  private boolean refineOne(short[] block, int place, byte[] bins, int bin, int bit)
      throws EndOfDataException {
    int value = block[place];
    if (value != 0) {
      if (decoder.decide(bins, bin + 2)) {
        block[place] = (short) (value < 0 ? value - bit : value + bit);
      }
      return true;
    }
    if (!decoder.decide(bins, bin + 1)) {
      return false;
    }
    block[place] = (short) (decoder.decide(even, 0) ? -bit : bit);
    return true;
  }
}
