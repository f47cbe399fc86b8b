package dev.vl4j.kernels.x86;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Emitted kernels on float32 operands, on registers of 256 or 512 bits: what Java's vectors of that
 * width give, to the last bit, and ready at once, where Java takes seconds to compile its own.
 *
 * <p>Memory may be of the Java heap. A vector is as many floats as a register holds, a panel two
 * vectors of columns.
 */
public final class FloatCode {
  /** For each number of rows, one that overwrites and one that accumulates. */
  private final List<MemorySegment> tiles;

  private final MemorySegment pairs;
  private final MemorySegment widen;
  private final MemorySegment softmax;
  private final MemorySegment maskedSoftmax;
  private final MemorySegment attend;
  private final MemorySegment add;
  private final MemorySegment divide;
  private final MemorySegment constants;
  private final OutputCode outputs;

  private FloatCode(
      int bits,
      @Nullable OutputCode outputs,
      List<MemorySegment> tiles,
      List<MemorySegment> others) {
    this.tiles = tiles;
    pairs = others.get(0);
    widen = others.get(1);
    softmax = others.get(2);
    maskedSoftmax = others.get(3);
    attend = others.get(4);
    add = others.get(5);
    divide = others.get(6);
    constants = FloatAttentionKernels.constants(bits);
    this.outputs = outputs == null ? OutputCode.narrow(constants) : outputs;
  }

  /**
   * @param bits of a register: 256 or 512
   * @param outputs for whole panels of float32 sums; null for those on 256 bits
   */
  static FloatCode emit(int bits, @Nullable OutputCode outputs) {
    FloatKernels products = new FloatKernels(bits);
    List<byte[]> code = new ArrayList<>();
    for (int rows = 1; rows <= products.rows(); rows++) {
      code.add(products.tiles(rows, false, false));
      code.add(products.tiles(rows, true, false));
    }
    code.add(products.tiles(products.rows(), false, true));
    code.add(products.tiles(products.rows(), true, true));
    int count = code.size();
    code.add(PackKernels.pairs(bits));
    code.add(products.widen());
    code.add(FloatAttentionKernels.softmax(bits, false));
    code.add(FloatAttentionKernels.softmax(bits, true));
    code.add(FloatAttentionSequence.emit(products.panelRowBytes()));
    code.add(products.add());
    code.add(FloatAttentionKernels.divide(bits));
    List<MemorySegment> entries = ExecutableMemory.load(code);
    return new FloatCode(
        bits, outputs, entries.subList(0, count), entries.subList(count, entries.size()));
  }

  private MemorySegment tile(int rows, boolean accumulate) {
    return tiles.get(2 * (rows - 1) + (accumulate ? 1 : 0));
  }

  /** The largest tile, which fetches. */
  private MemorySegment fetchingTile(boolean accumulate) {
    return tiles.get(tiles.size() - (accumulate ? 1 : 2));
  }

  /** Rows of the largest tile: 6 on 256 bits, 12 on 512 bits. */
  public int tileRows() {
    return tiles.size() / 2 - 1;
  }

  /**
   * Where tiles of a product lie. All but the number of tiles and the depth are bytes.
   *
   * @param a memory of A
   * @param firstA where in it the first tile's first row starts
   * @param rowA from one row to the next
   * @param b address of rows of a panel
   * @param c memory of C, rows of a panel
   * @param firstC where in it the first tile's first row starts
   * @param rowC from one row to the next
   * @param depth at least 1
   * @param tiles at least 1
   * @param nextA from one tile to the next
   * @param nextB from one tile to the next
   * @param nextC from one tile to the next
   * @param next what is read next, or nothing; the largest tiles bring it to the second-level cache
   *     meanwhile
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
      long nextC,
      MemorySegment next) {

    /** Lines of the cache that each tile fetches. */
    private long lines() {
      return Math.ceilDiv(Math.ceilDiv(next.byteSize(), TileKernels.LINE_BYTES), tiles);
    }
  }

  /**
   * {@code C = [C +] A B}, each element one chain of fused multiply-adds over ascending depth.
   *
   * @param rows of a tile, 1 to {@link #tileRows}
   * @param accumulate whether C is added to; otherwise it is overwritten
   */
  public void multiply(int rows, boolean accumulate, Tiles t) {
    try {
      long lines = rows == tileRows() ? t.lines() : 0;
      if (lines > 0) {
        MemorySegment entry = fetchingTile(accumulate);
        Calls.FETCHING_TILES.invokeExact(
            entry,
            t.a,
            t.firstA,
            t.b,
            t.c,
            t.firstC,
            t.depth,
            t.tiles,
            t.nextA,
            t.nextB,
            t.nextC,
            t.rowA,
            t.rowC,
            t.next.address(),
            lines);
        return;
      }
      MemorySegment entry = tile(rows, accumulate);
      Calls.TILES.invokeExact(
          entry, t.a, t.firstA, t.b, t.c, t.firstC, t.depth, t.tiles, t.nextA, t.nextB, t.nextC,
          t.rowA, t.rowC);
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
  }

  /**
   * Lays out bfloat16 of a panel's rows as {@link #widen} reads them.
   *
   * @param rows address of the rows' addresses
   * @param target address of a vector of pairs for each element of a row
   * @param turns of as many elements of each row as a vector has, at least 1
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
   * @param pairs address of a vector of pairs for each step
   * @param floats address of two vectors for each step
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
   * @param rows of a tile, at least 1: on 256 bits 6 at most, on 512 bits 12
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
   * @param columns whole vectors, at least one
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
   * @param sums a vector for each row, added in halves
   * @param columns whole vectors, at least one
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
