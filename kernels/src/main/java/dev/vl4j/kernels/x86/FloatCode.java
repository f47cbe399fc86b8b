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
  private final MemorySegment maskedSoftmax;
  private final MemorySegment attend;
  private final MemorySegment add;
  private final MemorySegment divide;
  private final MemorySegment constants = constants();
  private final OutputCode outputs = OutputCode.narrow(constants);

  private FloatCode(List<MemorySegment> tiles, List<MemorySegment> others) {
    this.tiles = tiles;
    pairs = others.get(0);
    widen = others.get(1);
    softmax = others.get(2);
    maskedSoftmax = others.get(3);
    attend = others.get(4);
    add = others.get(5);
    divide = others.get(6);
  }

  static FloatCode emit() {
    List<byte[]> code = new ArrayList<>();
    for (int rows = 1; rows <= ROWS; rows++) {
      code.add(FloatKernels.tiles(rows, false));
      code.add(FloatKernels.tiles(rows, true));
    }
    code.add(NarrowPackKernels.pairs());
    code.add(FloatKernels.widen());
    code.add(FloatAttentionKernels.softmax(false));
    code.add(FloatAttentionKernels.softmax(true));
    code.add(FloatAttentionSequence.emit());
    code.add(FloatKernels.add());
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

  private MemorySegment tile(int rows, boolean accumulate) {
    return tiles.get(2 * (rows - 1) + (accumulate ? 1 : 0));
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
    MemorySegment entry = tile(rows, accumulate);
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
   * Some rows of queries with some tiles of keys and values: an online softmax.
   *
   * @param rows of a tile, 1 to {@link #ROWS}
   * @param masked whether some rows do not see all keys
   * @param frame of {@link FloatAttentionSlot}s, native memory
   */
  public void attend(int rows, boolean masked, MemorySegment frame) {
    FloatAttentionSlot.MULTIPLY.put(frame, tile(rows, false).address());
    FloatAttentionSlot.MULTIPLY_ADD.put(frame, tile(rows, true).address());
    FloatAttentionSlot.SOFTMAX.put(frame, (masked ? maskedSoftmax : softmax).address());
    FloatAttentionSlot.CONSTANTS.put(frame, constants.address());
    Calls.withFrame(attend, frame.address());
  }

  /**
   * {@code to += from}.
   *
   * @param from address of rows
   * @param stride bytes from one of them to the next
   * @param to address of as many
   * @param strideTo bytes from one of these to the next
   * @param rows at least 1
   * @param columns a multiple of {@link #LANES}, at least one
   */
  public void add(long from, long stride, long to, long strideTo, long rows, long columns) {
    try {
      Calls.SIX.invokeExact(add, from, to, rows, columns, stride, strideTo);
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
