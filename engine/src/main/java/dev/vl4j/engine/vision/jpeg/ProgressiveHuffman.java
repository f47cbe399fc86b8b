package dev.vl4j.engine.vision.jpeg;

import dev.vl4j.engine.vision.decode.BrokenImageException;
import java.util.Arrays;

/** Scans that have some coefficients, or some bits of them, Huffman-coded. */
final class ProgressiveHuffman implements EntropyDecoder {
  private final BitReader reader;
  private final Restarts restarts;
  private final Scan scan;

  /** The tables of each component: of DC coefficients where the scan begins with these. */
  private final HuffmanTable[] tables;

  private final int[] dc;

  /** Blocks, from the next one, in which no further coefficient becomes other than 0. */
  private int emptyBlocks;

  /**
   * @param tables may be without elements if the scan refines DC coefficients
   */
  ProgressiveHuffman(JpegInput input, Restarts restarts, Scan scan, HuffmanTable[] tables) {
    this.reader = new BitReader(input);
    this.restarts = restarts;
    this.scan = scan;
    this.tables = tables;
    this.dc = new int[scan.components().length];
  }

  @Override
  public void decode(Mcu mcu) throws BrokenImageException, EndOfDataException {
    if (restarts.due()) {
      reader.restart(restarts.take());
      Arrays.fill(dc, 0);
      emptyBlocks = 0;
    }
    if (!reader.exhausted) {
      if (scan.start() > 0) {
        decodeAc(mcu.arrays[0], mcu.offsets[0]);
      } else if (scan.high() == 0) {
        decodeDc(mcu);
      } else {
        refineDc(mcu);
      }
    }
    restarts.count(1);
  }

  @Override
  public int skip(int most) {
    int mcus = 0;
    if (reader.exhausted) {
      mcus = restarts.ahead(most);
    } else if (scan.start() > 0 && scan.high() == 0) {
      mcus = Math.min(emptyBlocks, restarts.ahead(most));
      emptyBlocks -= mcus;
    }
    restarts.count(mcus);
    return mcus;
  }

  @Override
  public boolean exhausted() {
    return reader.exhausted;
  }

  private void decodeDc(Mcu mcu) throws BrokenImageException, EndOfDataException {
    for (int b = 0; b < mcu.offsets.length; b++) {
      int owner = mcu.owners[b];
      int difference = reader.signed(reader.symbol(tables[owner]));
      long value = (long) dc[owner] + difference;
      if (value != (int) value) {
        throw new BrokenImageException("its DC coefficients grow without bound");
      }
      dc[owner] = (int) value;
      mcu.arrays[b][mcu.offsets[b]] = (short) (dc[owner] << scan.low());
    }
  }

  private void refineDc(Mcu mcu) throws EndOfDataException {
    for (int b = 0; b < mcu.offsets.length; b++) {
      if (reader.bit()) {
        mcu.arrays[b][mcu.offsets[b]] |= (short) (1 << scan.low());
      }
    }
  }

  private void decodeAc(short[] block, int at) throws EndOfDataException {
    if (scan.high() == 0) {
      decodeAcFirst(block, at);
    } else {
      refineAc(block, at);
    }
  }

  private void decodeAcFirst(short[] block, int at) throws EndOfDataException {
    if (emptyBlocks > 0) {
      emptyBlocks--;
      return;
    }
    for (int k = scan.start(); k <= scan.end(); k++) {
      int symbol = reader.symbol(tables[0]);
      int run = symbol >>> 4;
      int size = symbol & 15;
      if (size != 0) {
        k += run;
        block[at + Mcu.NATURAL_ORDER[k]] = (short) (reader.signed(size) << scan.low());
      } else if (run == 15) {
        k += 15;
      } else {
        emptyBlocks = (1 << run) + reader.bits(run) - 1;
        return;
      }
    }
  }

  private void refineAc(short[] block, int at) throws EndOfDataException {
    int k = scan.start();
    while (emptyBlocks == 0 && k <= scan.end()) {
      int symbol = reader.symbol(tables[0]);
      int run = symbol >>> 4;
      int added = 0;
      if ((symbol & 15) != 0) {
        added = reader.bit() ? 1 : -1;
      } else if (run != 15) {
        emptyBlocks = (1 << run) + reader.bits(run);
        break;
      }
      k = refineUpTo(block, at, k, run);
      if (added != 0) {
        block[at + Mcu.NATURAL_ORDER[k]] = (short) (added << scan.low());
      }
      k++;
    }
    if (emptyBlocks > 0) {
      refineUpTo(block, at, k, 64);
      emptyBlocks--;
    }
  }

  /**
   * Gives each coefficient that is not 0 its next bit, on the way to the zero behind the next run
   * of zeros.
   *
   * @return that zero's index, or one past the scan's last
   */
  private int refineUpTo(short[] block, int at, int from, int run) throws EndOfDataException {
    int bit = 1 << scan.low();
    int zeros = run;
    int k = from;
    for (; k <= scan.end(); k++) {
      int place = at + Mcu.NATURAL_ORDER[k];
      int value = block[place];
      if (value == 0) {
        if (--zeros < 0) {
          break;
        }
      } else if (reader.bit() && (value & bit) == 0) {
        block[place] = (short) (value >= 0 ? value + bit : value - bit);
      }
    }
    return k;
  }
}
