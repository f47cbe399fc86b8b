package dev.vl4j.kernels.x86;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** Products by vector instructions, a tile in each call. */
final class VectorProducts implements Products {
  private static final int ROWS = TileKernels.ROWS;
  private static final int STEP_LINES = TileKernels.STEP_LINES;

  /** Row by row, with a gap so that a tile's rows do not share a cache set. */
  private static final OperandLayout LAYOUT = new OperandLayout(1, TileKernels.STEP_BYTES, 64);

  /** A panel's part is 32 KiB and a tile's 12 KiB, for the first-level cache. */
  private static final int DEPTH_BYTES = 1024;

  /** More rows, of a KiB each, in a block have shown no gain. */
  private static final int MOST_ROWS = 240;

  private static final int FEWEST_ROWS = 48;
  private static final int PANELS = 4;

  /** Lines fetched in a turn. Only tiles of all rows fetch some of what they read. */
  private static final int[] LINES = {0, 1, 2, 4, STEP_LINES};

  /** For each number of lines and of rows, one that overwrites and one that accumulates. */
  private final List<MemorySegment> entries;

  private final Blocking blocking;

  private VectorProducts(List<MemorySegment> entries, int cacheBytes) {
    this.entries = entries;
    // A quarter of the second-level cache, where a block's rows stay for all panels.
    int rows = Math.clamp(cacheBytes / 4 / DEPTH_BYTES, FEWEST_ROWS, MOST_ROWS) / ROWS * ROWS;
    blocking = new Blocking(DEPTH_BYTES, rows, PANELS);
  }

  /**
   * @param cacheBytes of a core's second-level cache
   */
  static VectorProducts emit(TileKernels.Dot dot, int cacheBytes) {
    List<byte[]> code = new ArrayList<>();
    for (int lines : LINES) {
      boolean some = lines > 0 && lines < STEP_LINES;
      for (int rows = some ? ROWS : 1; rows <= ROWS; rows++) {
        code.add(TileKernels.tile(dot, rows, false, lines));
        code.add(TileKernels.tile(dot, rows, true, lines));
      }
    }
    return new VectorProducts(ExecutableMemory.load(code), cacheBytes);
  }

  private MemorySegment entry(int rows, boolean accumulate, int lines) {
    int pair =
        switch (lines) {
          case 0 -> rows - 1;
          case 1, 2, 4 -> ROWS + Integer.numberOfTrailingZeros(lines);
          default -> ROWS + LINES.length - 2 + rows - 1;
        };
    return entries.get(2 * pair + (accumulate ? 1 : 0));
  }

  @Override
  public int tileRows() {
    return ROWS;
  }

  @Override
  public int stepBytes() {
    return TileKernels.STEP_BYTES;
  }

  @Override
  public OperandLayout layout() {
    return LAYOUT;
  }

  @Override
  public Blocking blocking(int depthBytes) {
    return blocking;
  }

  /** How much each tile fetches, so that the full ones fetch all that comes next. */
  private static int lines(int tiles) {
    return tiles >= 8 ? 1 : tiles >= 4 ? 2 : tiles >= 2 ? 4 : STEP_LINES;
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
    int lines = lines(rows / ROWS);
    long fetched = lines * steps * TileKernels.LINE_BYTES;
    long end = next + STEP_LINES * steps * TileKernels.LINE_BYTES;
    long fetch = next;
    for (int row = 0; row < rows; row += ROWS) {
      int last = Math.min(rows, row + ROWS);
      MemorySegment entry = entry(last - row, accumulate, fetch < end ? lines : 0);
      try {
        Calls.SEVEN.invokeExact(
            entry, a + row * strideA, b, c + row * strideC, steps, strideA, strideC, fetch);
      } catch (Throwable e) {
        throw Calls.unexpected(e);
      }
      fetch += fetched;
      progress.computed(row, last);
    }
  }
}
