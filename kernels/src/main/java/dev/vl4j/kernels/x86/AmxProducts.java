package dev.vl4j.kernels.x86;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Products by AMX: a column of full tiles in one call, and what rows are left in another. */
final class AmxProducts implements Products {
  private static final int ROWS = AmxKernels.ROWS;
  private static final int STEP_LINES = AmxKernels.STEP_LINES;

  /** Lines that a full tile fetches in a turn. */
  private static final int[] LINES = {0, 4, 8, 16, STEP_LINES};

  /**
   * Tiles of a call: shaping the registers costs some 200 cycles, and the sums of more would not
   * wait in the first-level cache for the output.
   */
  private static final int TILES = 2;

  /** The deepest rows that are not cut. */
  private static final int DEPTH_BYTES = 12 << 10;

  private static final int MOST_ROWS = 512;

  /** Panels of a step where depth is cut. */
  private static final int PANELS = 8;

  /** A kernel of {@link AmxKernels#tiles}. */
  interface Kernel {
    void call(
        long a, long b, long c, long steps, long strideA, long strideC, long tiles, long fetch);
  }

  /** For each number of rows below {@link #ROWS}, those that fetch nothing and all they read. */
  private final List<Kernel> partial = new ArrayList<>();

  /** For each of {@link #LINES}. */
  private final List<Kernel> full = new ArrayList<>();

  /**
   * Bytes of a block's rows. They are to stay in the second-level cache, beside two panels, while
   * panels pass; two threads may share it.
   */
  private final int blockBytes;

  /**
   * @param cacheBytes of a core's second-level cache
   * @param load makes kernels callable, in their order
   */
  AmxProducts(AmxKernels.Dot dot, int cacheBytes, Function<List<byte[]>, List<Kernel>> load) {
    blockBytes = cacheBytes / 8 * 3;
    List<byte[]> code = new ArrayList<>();
    for (int rows = 1; rows < ROWS; rows++) {
      for (int lines : new int[] {0, STEP_LINES}) {
        code.add(AmxKernels.tiles(dot, rows, false, lines));
        code.add(AmxKernels.tiles(dot, rows, true, lines));
      }
    }
    partial.addAll(load.apply(code));
    code.clear();
    for (int lines : LINES) {
      code.add(AmxKernels.tiles(dot, ROWS, false, lines));
      code.add(AmxKernels.tiles(dot, ROWS, true, lines));
    }
    full.addAll(load.apply(code));
  }

  /**
   * @param cacheBytes of a core's second-level cache
   */
  static AmxProducts emit(AmxKernels.Dot dot, int cacheBytes) {
    return new AmxProducts(dot, cacheBytes, AmxProducts::load);
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
  public OperandLayout layout() {
    return AmxKernels.LAYOUT;
  }

  /**
   * Rows pass a panel in their whole depth, so that sums are written once: to keep them in memory
   * between steps costs more than to read a panel from the second-level cache for each tile.
   */
  @Override
  public Blocking blocking(int depthBytes) {
    int steps = Math.ceilDiv(depthBytes, DEPTH_BYTES);
    int step = Math.ceilDiv(depthBytes, steps * stepBytes()) * stepBytes();
    int rows = Math.clamp(blockBytes / step, ROWS, MOST_ROWS) / ROWS * ROWS;
    return new Blocking(step, rows, steps == 1 ? 1 : PANELS);
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
    // A lone tile fetches what it reads itself; others share what comes next.
    int fetching = rows <= ROWS ? LINES.length - 1 : 1;
    while (fetching < LINES.length - 2 && LINES[fetching] * (rows / ROWS) < STEP_LINES) {
      fetching++;
    }
    long fetched = LINES[fetching] * steps * AmxKernels.LINE_BYTES;
    long end = next + STEP_LINES * steps * AmxKernels.LINE_BYTES;
    long fetch = next;
    long tileBytes = ROWS / layout().rows() * strideA;
    int row = 0;
    long tileOfA = a;
    while (rows - row >= ROWS) {
      int tiles = Math.min((rows - row) / ROWS, TILES);
      Kernel kernel = full.get(2 * (fetch < end ? fetching : 0) + second);
      kernel.call(tileOfA, b, c + row * strideC, steps, strideA, strideC, tiles, fetch);
      progress.computed(row, row + tiles * ROWS);
      row += tiles * ROWS;
      tileOfA += tiles * tileBytes;
      fetch += tiles * fetched;
    }
    if (row < rows) {
      Kernel kernel = partial.get(4 * (rows - row - 1) + (row == 0 ? 2 : 0) + second);
      kernel.call(tileOfA, b, c + row * strideC, steps, strideA, strideC, 1, next);
      progress.computed(row, rows);
    }
  }
}
