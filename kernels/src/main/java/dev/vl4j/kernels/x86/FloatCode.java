package dev.vl4j.kernels.x86;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * Emitted kernels on float32 operands, on 256-bit registers: what Java's vectors of that width
 * give, to the last bit, and ready at once, where Java takes seconds to compile its own.
 *
 * <p>Memory may be of the Java heap.
 */
public final class FloatCode {
  /** Floats of a vector. */
  public static final int LANES = FloatKernels.VECTOR_BYTES / Float.BYTES;

  /** Columns of a panel. */
  public static final int PANEL = 2 * LANES;

  /** Rows of the largest tile. */
  public static final int ROWS = FloatKernels.ROWS;

  /** For each number of rows, one that overwrites and one that accumulates. */
  private final List<MemorySegment> tiles;

  private final MemorySegment pairs;
  private final MemorySegment widen;
  private final MemorySegment softmax;
  private final MemorySegment add;
  private final MemorySegment divide;
  private final MemorySegment constants = constants();
  private final OutputCode outputs = OutputCode.narrow(constants);

  private FloatCode(List<MemorySegment> tiles, List<MemorySegment> others) {
    this.tiles = tiles;
    pairs = others.get(0);
    widen = others.get(1);
    softmax = others.get(2);
    add = others.get(3);
    divide = others.get(4);
  }

  static FloatCode emit() {
    List<byte[]> code = new ArrayList<>();
    for (int rows = 1; rows <= ROWS; rows++) {
      code.add(FloatKernels.tiles(rows, false));
      code.add(FloatKernels.tiles(rows, true));
    }
    code.add(NarrowPackKernels.pairs());
    code.add(FloatKernels.widen());
    code.add(FloatAttentionKernels.softmax());
    code.add(FloatAttentionKernels.add());
    code.add(FloatAttentionKernels.divide());
    List<MemorySegment> entries = ExecutableMemory.load(code);
    return new FloatCode(entries.subList(0, 2 * ROWS), entries.subList(2 * ROWS, entries.size()));
  }

  /** Those of elementary functions, which outputs read as well, and behind them attention's own. */
  private static MemorySegment constants() {
    MemorySegment memory = Arena.global().allocate(FloatAttentionKernels.CONSTANT_BYTES, 64);
    Elementary.putConstants(LANES * Float.SIZE, memory);
    for (int lane = 0; lane < LANES; lane++) {
      long at = (long) lane * Integer.BYTES;
      memory.set(ValueLayout.JAVA_INT, FloatAttentionKernels.NUMBERS + at, lane);
      memory.set(ValueLayout.JAVA_INT, FloatAttentionKernels.TURN + at, LANES);
    }
    return memory;
  }

  /**
   * Where tiles of a product lie. All but the number of tiles and the depth are bytes.
   *
   * @param a memory of A
   * @param firstA where in it the first tile's first row starts
   * @param rowA from one row to the next
   * @param b address of rows of {@link #PANEL} floats
   * @param c memory of C, rows of {@link #PANEL} floats
   * @param firstC where in it the first tile's first row starts
   * @param rowC from one row to the next
   * @param depth at least 1
   * @param tiles at least 1
   * @param nextA from one tile to the next
   * @param nextB from one tile to the next
   * @param nextC from one tile to the next
   */
  public record Tiles(
      MemorySegment a,
      long firstA,
      long rowA,
      long b,
      MemorySegment c,
      long firstC,
      long rowC,
      long depth,
      long tiles,
      long nextA,
      long nextB,
      long nextC) {}

  /**
   * {@code C = [C +] A B}, each element one chain of fused multiply-adds over ascending depth.
   *
   * @param rows of a tile, 1 to {@link #ROWS}
   * @param accumulate whether C is added to; otherwise it is overwritten
   */
  public void multiply(int rows, boolean accumulate, Tiles t) {
    MemorySegment entry = tiles.get(2 * (rows - 1) + (accumulate ? 1 : 0));
    try {
      Calls.TILES.invokeExact(
          entry, t.a, t.firstA, t.b, t.c, t.firstC, t.depth, t.tiles, t.nextA, t.nextB, t.nextC,
          t.rowA, t.rowC);
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
  }

  /**
   * Lays out bfloat16 of {@link #PANEL} rows as {@link #widen} reads them.
   *
   * @param rows address of the rows' addresses
   * @param target address of {@link #LANES} pairs for each element of a row
   * @param turns of {@link #LANES} elements of each row, at least 1
   */
  public void pairs(long rows, long target, long turns) {
    try {
      Calls.PATIENT_FOUR.invokeExact(pairs, rows, 0L, target, turns);
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
  }

  /**
   * Pairs of bfloat16 to float32, the low halves of a step's pairs before the high ones.
   *
   * @param pairs address of {@link #LANES} pairs for each step
   * @param floats address of {@link #PANEL} floats for each step
   */
  public void widen(long pairs, long steps, long floats) {
    try {
      Calls.THREE.invokeExact(widen, pairs, steps, floats);
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
  }

  /**
   * Rows of attention's scores and output; both have the same distance from row to row, and start
   * where their memory does.
   *
   * @param scores of keys; become their weights
   * @param output brought to the scale of the weights
   * @param sums of weights so far, {@link #LANES} for each row, likewise
   * @param largest score of each row so far
   * @param seen int32, how many of the keys each row sees; the others get weight zero
   * @param rows at least 1
   * @param keys a multiple of {@link #LANES}, at least one
   * @param columns of output, likewise
   * @param stride bytes
   */
  public record Scores(
      MemorySegment scores,
      MemorySegment output,
      MemorySegment sums,
      MemorySegment largest,
      MemorySegment seen,
      long rows,
      long keys,
      long columns,
      long stride) {}

  /** One step of an online softmax. */
  public void softmax(Scores s) {
    try {
      Calls.SOFTMAX.invokeExact(
          softmax,
          s.scores,
          s.output,
          s.sums,
          s.largest,
          s.seen,
          s.rows,
          s.keys,
          s.columns,
          s.stride,
          constants.address());
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
  }

  /**
   * {@code to += rows}.
   *
   * @param columns a multiple of {@link #LANES}, at least one
   * @param stride bytes from one row to the next, of both
   */
  public void add(MemorySegment from, MemorySegment to, long rows, long columns, long stride) {
    try {
      Calls.ADD.invokeExact(add, from, to, rows, columns, stride);
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
  }

  /**
   * Divides rows by their sums.
   *
   * @param sums {@link #LANES} for each row, added in halves
   * @param columns a multiple of {@link #LANES}, at least one
   * @param stride bytes from one row to the next
   * @param to address of the quotients
   * @param strideTo bytes from one row of these to the next
   */
  public void divide(
      MemorySegment from,
      MemorySegment sums,
      long rows,
      long columns,
      long stride,
      long to,
      long strideTo) {
    try {
      Calls.DIVIDE.invokeExact(divide, from, sums, rows, columns, stride, to, strideTo);
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
  }

  /** What becomes of products' sums: of whole panels, neither of digits nor rounded. */
  public OutputCode outputs() {
    return outputs;
  }
}
