package dev.vl4j.engine.vision.jpeg;

import dev.vl4j.engine.limits.WorkGuard;
import dev.vl4j.engine.vision.decode.BrokenImageException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Leads scans of DCT coefficients to the blocks that they are about, and blocks to samples. */
final class BlockScans {
  private final Frame frame;
  private final WorkGuard guard;
  private final InverseDct inverseDct = new InverseDct();
  private final VisitBudget budget;

  /** The last row of MCUs of all components for which the latest scan had data. */
  private int lastGoodRow;

  BlockScans(Frame frame, WorkGuard guard, VisitBudget budget) {
    this.frame = frame;
    this.guard = guard;
    this.budget = budget;
  }

  int lastGoodRow() {
    return lastGoodRow;
  }

  /** Decodes a scan that has all there is of all components, block by block into their planes. */
  void decodeWhole(Scan scan, EntropyDecoder decoder)
      throws BrokenImageException, EndOfDataException {
    Mcu mcu = new Mcu(scan.blockComponents());
    short[] blocks = new short[64 * mcu.offsets.length];
    for (int b = 0; b < mcu.offsets.length; b++) {
      mcu.arrays[b] = blocks;
      mcu.offsets[b] = 64 * b;
    }
    run(scan, decoder, mcu, (row, column) -> {}, (row, column) -> emit(scan, mcu, row, column));
  }

  /** Decodes a scan that adds to the components' coefficients. */
  void decodeInto(Scan scan, EntropyDecoder decoder)
      throws BrokenImageException, EndOfDataException {
    Mcu mcu = new Mcu(scan.blockComponents());
    for (int b = 0; b < mcu.offsets.length; b++) {
      mcu.arrays[b] = scan.components()[mcu.owners[b]].coefficients;
    }
    run(scan, decoder, mcu, (row, column) -> locate(scan, mcu, row, column), (row, column) -> {});
  }

  @FunctionalInterface
  private interface McuStep {
    void at(int row, int column);
  }

  private void run(Scan scan, EntropyDecoder decoder, Mcu mcu, McuStep before, McuStep after)
      throws BrokenImageException, EndOfDataException {
    int mcuRows = scan.mcuRows(frame);
    int mcus = scan.mcusPerRow(frame);
    int rowsOfOne = scan.interleaved() ? 1 : scan.components()[0].vertical;
    for (int row = 0; row < mcuRows; row++) {
      guard.check();
      int visits = 1;
      for (int column = 0; column < mcus; column++) {
        if (!decoder.exhausted()) {
          lastGoodRow = row / rowsOfOne;
        }
        column += decoder.skip(mcus - column);
        if (column == mcus) {
          break;
        }
        before.at(row, column);
        decoder.decode(mcu);
        after.at(row, column);
        visits += mcu.offsets.length;
      }
      budget.spend(visits);
    }
  }

  private static void locate(Scan scan, Mcu mcu, int row, int column) {
    if (!scan.interleaved()) {
      mcu.offsets[0] = scan.components()[0].blockAt(row, column);
      return;
    }
    int b = 0;
    for (Component component : scan.components()) {
      for (int y = row * component.vertical; y < (row + 1) * component.vertical; y++) {
        int at = component.blockAt(y, column * component.horizontal);
        for (int x = 0; x < component.horizontal; x++, at += 64) {
          mcu.offsets[b++] = at;
        }
      }
    }
  }

  /** Makes samples of an MCU's blocks, apart from those beyond the edges, and clears them. */
  private void emit(Scan scan, Mcu mcu, int row, int column) {
    int b = 0;
    for (Component component : scan.components()) {
      int high = scan.interleaved() ? component.vertical : 1;
      int wide = scan.interleaved() ? component.horizontal : 1;
      for (int y = row * high; y < (row + 1) * high; y++) {
        for (int x = column * wide; x < (column + 1) * wide; x++, b++) {
          short[] block = mcu.arrays[b];
          int at = mcu.offsets[b];
          if (y < component.blocksHigh && x < component.blocksWide) {
            emit(component, block, at, mcu.last[b], y, x);
          }
          Arrays.fill(block, at, at + 64, (short) 0);
        }
      }
    }
  }

  private void emit(Component component, short[] block, int at, int last, int y, int x) {
    inverseDct.transform(
        block,
        at,
        last,
        component.quantizationOrZeros(),
        component.plane,
        8 * (y * component.stride + x),
        component.stride);
  }

  /**
   * Makes samples of all coefficients.
   *
   * @param smoothing estimates coefficients that no scan had; or null
   */
  void emitAll(@Nullable BlockSmoothing smoothing) {
    short[] block = new short[64];
    for (Component component : frame.components) {
      for (int y = 0; y < component.blocksHigh; y++) {
        guard.check();
        for (int x = 0; x < component.blocksWide; x++) {
          if (smoothing == null) {
            emit(component, component.coefficients, component.blockAt(y, x), 63, y, x);
          } else {
            smoothing.estimate(component, y, x, block);
            emit(component, block, 0, 63, y, x);
          }
        }
      }
    }
  }
}
