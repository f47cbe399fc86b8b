package dev.vl4j.kernels.x86;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Products by AMX: a column of full tiles in one call, and what rows are left in another. */
final class AmxProducts implements Products {
  private static final int ROWS = AmxKernels.ROWS;
  private static final int STEP_LINES = AmxKernels.STEP_LINES;

  /** Tiles of a column that share the fetching; those after them fetch nothing. */
  private static final int FETCHING_TILES = 8;

  /** A kernel of {@link AmxKernels#tiles}. */
  interface Kernel {
    void call(
        long a, long b, long c, long steps, long strideA, long strideC, long tiles, long fetch);
  }

  /** For each number of rows below {@link #ROWS}, those that fetch nothing and all they read. */
  private final List<Kernel> partial = new ArrayList<>();

  /** The one that fetches nothing, and for each number of tiles what together fetches all. */
  private final List<Kernel> full = new ArrayList<>();

  /**
   * @param load makes kernels callable, in their order
   */
  AmxProducts(AmxKernels.Dot dot, Function<List<byte[]>, List<Kernel>> load) {
    List<byte[]> code = new ArrayList<>();
    for (int rows = 1; rows < ROWS; rows++) {
      for (int lines : new int[] {0, STEP_LINES}) {
        code.add(AmxKernels.tiles(dot, rows, false, lines));
        code.add(AmxKernels.tiles(dot, rows, true, lines));
      }
    }
    partial.addAll(load.apply(code));
    code.clear();
    for (int tiles = 0; tiles <= FETCHING_TILES; tiles++) {
      int lines = tiles == 0 ? 0 : Math.ceilDiv(STEP_LINES, tiles);
      code.add(AmxKernels.tiles(dot, ROWS, false, lines));
      code.add(AmxKernels.tiles(dot, ROWS, true, lines));
    }
    full.addAll(load.apply(code));
  }

  static AmxProducts emit(AmxKernels.Dot dot) {
    return new AmxProducts(dot, AmxProducts::load);
  }

  private static List<Kernel> load(List<byte[]> code) {
    List<Kernel> kernels = new ArrayList<>();
    for (MemorySegment entry : ExecutableMemory.load(code)) {
      kernels.add((a, b, c, steps, strideA, strideC, tiles, fetch) -> {
        try {
          Calls.EIGHT.invokeExact(entry, a, b, c, steps, strideA, strideC, tiles, fetch);
        } catch (Throwable e) {
          throw Calls.unexpected(e);
        }
      });
    }
    return kernels;
  }

  @Override
  public int tileRows() {
    return ROWS;
  }

  @Override
  public int stepBytes() {
    return AmxKernels.STEP_BYTES;
  }

  @Override
  public void multiply(
      int rows,
      boolean accumulate,
      long a,
      long b,
      long c,
      long steps,
      long strideA,
      long strideC,
      long next,
      Progress progress) {
    int second = accumulate ? 1 : 0;
    int row = 0;
    while (rows - row >= ROWS) {
      int left = (rows - row) / ROWS;
      int tiles = row == 0 ? Math.min(left, FETCHING_TILES) : left;
      Kernel kernel = full.get(2 * (row == 0 ? tiles : 0) + second);
      kernel.call(a + row * strideA, b, c + row * strideC, steps, strideA, strideC, tiles, next);
      progress.computed(row, row + tiles * ROWS);
      row += tiles * ROWS;
    }
    if (row < rows) {
      Kernel kernel = partial.get(4 * (rows - row - 1) + (row == 0 ? 2 : 0) + second);
      kernel.call(a + row * strideA, b, c + row * strideC, steps, strideA, strideC, 1, next);
      progress.computed(row, rows);
    }
  }
}
