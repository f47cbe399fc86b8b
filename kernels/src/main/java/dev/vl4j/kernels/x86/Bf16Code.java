package dev.vl4j.kernels.x86;

import java.lang.foreign.MemorySegment;
import java.util.List;

/** Emitted kernels on bfloat16 operands: products, attention, rounding. */
public final class Bf16Code {
  /** Elements of a line of {@link #round}. */
  public static final int LINE = RoundKernels.LINE;

  /** Keys of a tile of {@link #attention}. */
  public static final int KEY_TILE = AttentionKernels.KEY_TILE;

  /** Bytes of a key that a turn of {@link #packKeys} takes. */
  public static final int KEY_TURN_BYTES = PackKernels.LANES * Integer.BYTES;

  /** At first, each byte of {@link AttentionSlot#STATE}: as float32 -6e29, below any score. */
  public static final byte NO_STATE = (byte) 0xF0;

  private final Products products;
  private final Peak peak;
  private final AttentionTiles attention;
  private final Rows rows;

  /** Kernels on rows of float32 and of what they are rounded to. */
  private record Rows(
      MemorySegment round, MemorySegment packKeys, MemorySegment packValues, MemorySegment divide) {
    static Rows emit() {
      List<MemorySegment> entries =
          ExecutableMemory.load(
              List.of(
                  RoundKernels.rowsToBf16(),
                  PackKernels.transpose(),
                  AttentionPacking.values(),
                  AttentionOutput.divide()));
      return new Rows(entries.get(0), entries.get(1), entries.get(2), entries.get(3));
    }
  }

  private Bf16Code(Products products, Peak peak, AttentionTiles attention, Rows rows) {
    this.products = products;
    this.peak = peak;
    this.attention = attention;
    this.rows = rows;
  }

  /** Products by vector instructions. */
  static Bf16Code emit(int cacheBytes) {
    return new Bf16Code(
        VectorProducts.emit(TileKernels.Dot.BF16_ZMM, cacheBytes),
        Peak.emit(TileKernels.Dot.BF16_ZMM),
        VectorAttention.emit(),
        Rows.emit());
  }

  /** Products by AMX. */
  static Bf16Code emitTiles(int cacheBytes) {
    return new Bf16Code(
        AmxProducts.emit(AmxKernels.Dot.BF16, cacheBytes),
        Peak.emit(AmxKernels.Dot.BF16),
        AmxAttention.emit(),
        Rows.emit());
  }

  /** These kernels with others for products and attention. */
  Bf16Code with(Products otherProducts, AttentionTiles otherAttention) {
    return new Bf16Code(otherProducts, peak, otherAttention, rows);
  }

  /** Products of bfloat16 operands. */
  public Products products() {
    return products;
  }

  /** Attention with bfloat16 operands. */
  public AttentionTiles attention() {
    return attention;
  }

  /** Constants of {@link #attention} for a factor on the scores. */
  public static int[] attentionConstants(float scale) {
    return AttentionSoftmax.constants(scale);
  }

  /**
   * Packs the keys of a panel, see {@link AttentionSlot#KEYS}.
   *
   * @param keys address of the addresses of {@link MachineCode#PANEL} keys, bfloat16
   * @param panel address of the panel
   * @param turns of {@link #KEY_TURN_BYTES} of each key, at least 1
   */
  public void packKeys(long keys, long panel, long turns) {
    try {
      Calls.FOUR.invokeExact(rows.packKeys, keys, 0L, panel, turns);
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
  }

  /**
   * Packs pairs of consecutive values into the panels of a tile, see {@link AttentionSlot#VALUES}.
   *
   * @param values address of the addresses of values, bfloat16, as many as panels have columns
   * @param tile address of the first pair in the first panel
   * @param pairs at least 1
   * @param panels of {@link MachineCode#PANEL} elements, at least 1
   */
  public void packValues(long values, long tile, long pairs, long panels) {
    try {
      Calls.FOUR.invokeExact(rows.packValues, values, tile, pairs, panels);
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
  }

  /**
   * Divides rows of attention's output by the sums of their weights.
   *
   * @param from address of float32
   * @param fromStride bytes from one of its rows to the next
   * @param sums address of {@link AttentionSlot#SUMS}, whose lanes are added in order
   * @param to address of float32
   * @param toStride bytes from one of its rows to the next
   * @param rows at least 1
   * @param columns of a row
   */
  public void divide(
      long from, long fromStride, long sums, long to, long toStride, long rows, int columns) {
    long vectors = columns / AttentionOutput.LANES;
    long rest = (1L << columns % AttentionOutput.LANES) - 1;
    try {
      Calls.EIGHT.invokeExact(
          this.rows.divide, from, fromStride, sums, to, toStride, rows, vectors, rest);
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
  }

  /**
   * Rounds rows of float32 to bfloat16, to nearest even. A line of {@link #LINE} elements that a
   * row does not fill gets zeros, for which there must be room.
   *
   * @param from address of float32
   * @param fromStride bytes from one of its rows to the next
   * @param to address of bfloat16
   * @param toStride bytes from one of its rows to the next
   * @param lineStride bytes from one line of these rows to the next
   * @param rows at least 1
   * @param columns of a row
   */
  public void round(
      long from, long fromStride, long to, long toStride, long lineStride, long rows, int columns) {
    long lines = columns / LINE;
    long rest = (1L << columns % LINE) - 1;
    try {
      Calls.EIGHT.invokeExact(
          this.rows.round, from, fromStride, to, toStride, lineStride, rows, lines, rest);
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
  }

  /**
   * Keeps a core busy with products on registers, to measure what it can do.
   *
   * @return floating point operations done
   */
  public long peak(long turns) {
    return peak.run(turns);
  }
}
