package dev.vl4j.kernels.x86;

import java.lang.foreign.MemorySegment;
import java.util.List;

/** Emitted kernels on bfloat16 operands: products, attention, rounding. */
public final class Bf16Code {
  /** Blocks of {@link #round}. */
  public static final int ROUND_BLOCK = RoundKernels.BLOCK;

  /** Keys of a tile of {@link #attention}. */
  public static final int KEY_TILE = AttentionKernels.KEY_TILE;

  /** Bytes of a step of {@link #packKey}. */
  public static final int KEY_STEP_BYTES = TileKernels.STEP_BYTES;

  /** At first, each byte of {@link AttentionSlot#STATE}: as float32 -6e29, below any score. */
  public static final byte NO_STATE = (byte) 0xF0;

  private final Products products;
  private final Peak peak;
  private final AttentionTiles attention;
  private final Rows rows;

  /** Kernels on rows of float32 and of what they are rounded to. */
  private record Rows(
      MemorySegment round, MemorySegment packKey, MemorySegment packValues, MemorySegment divide) {
    static Rows emit() {
      List<MemorySegment> entries =
          ExecutableMemory.load(
              List.of(
                  RoundKernels.toBf16(),
                  AttentionPacking.key(),
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
   * Packs a key into its column of a key tile's panel, see {@link AttentionSlot#KEYS}.
   *
   * @param key address of bfloat16
   * @param column address of the column's first pair
   * @param steps of {@link #KEY_STEP_BYTES} of the key, at least 1
   */
  public void packKey(long key, long column, long steps) {
    try {
      Calls.THREE.invokeExact(rows.packKey, key, column, steps);
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
  }

  /**
   * Packs two consecutive values into their row of a value tile's panels, see {@link
   * AttentionSlot#VALUES}.
   *
   * @param first address of bfloat16, as many as {@code panels} have columns
   * @param second likewise
   * @param row address of the row in the first panel
   * @param panels of {@link MachineCode#PANEL} elements, at least 1
   */
  public void packValues(long first, long second, long row, long panels) {
    try {
      Calls.FOUR.invokeExact(rows.packValues, first, second, row, panels);
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

  /** Rounds {@code blocks} times {@link #ROUND_BLOCK} float32 to bfloat16, to nearest even. */
  public void round(long from, long to, long blocks) {
    try {
      Calls.THREE.invokeExact(rows.round, from, to, blocks);
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
