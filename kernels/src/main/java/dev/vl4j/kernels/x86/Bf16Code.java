package dev.vl4j.kernels.x86;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** Emitted kernels on bfloat16 operands: products, attention, rounding. */
public final class Bf16Code {
  /** Blocks of {@link #round}. */
  public static final int ROUND_BLOCK = RoundKernels.BLOCK;

  /** Query rows of a tile of {@link #attend}. */
  public static final int QUERY_TILE = TileKernels.ROWS;

  /** Keys of a tile of {@link #attend}. */
  public static final int KEY_TILE = AttentionKernels.KEY_TILE;

  /** Its operands' rows are padded with zeros to a multiple of so many bytes. */
  public static final int ATTENTION_STEP_BYTES = TileKernels.STEP_BYTES;

  /** At first, each byte of {@link AttentionSlot#STATE}: as float32 -6e29, below any score. */
  public static final byte NO_STATE = (byte) 0xF0;

  private final Products products;
  private final Peak peak;

  /** For each number of rows, one without and one with masks. */
  private final List<MemorySegment> attentions;

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

  private Bf16Code(Products products, Peak peak, List<MemorySegment> attentions, Rows rows) {
    this.products = products;
    this.peak = peak;
    this.attentions = attentions;
    this.rows = rows;
  }

  /** Products by vector instructions. */
  static Bf16Code emit() {
    return emit(VectorProducts.emit(TileKernels.Dot.BF16_ZMM), Peak.emit(TileKernels.Dot.BF16_ZMM));
  }

  /** Products by AMX. */
  static Bf16Code emitTiles() {
    return emit(AmxProducts.emit(AmxKernels.Dot.BF16), Peak.emit(AmxKernels.Dot.BF16));
  }

  private static Bf16Code emit(Products products, Peak peak) {
    List<byte[]> attentions = new ArrayList<>();
    for (int rows = 1; rows <= QUERY_TILE; rows++) {
      attentions.add(AttentionKernels.attend(rows, false));
      attentions.add(AttentionKernels.attend(rows, true));
    }
    return new Bf16Code(products, peak, ExecutableMemory.load(attentions), Rows.emit());
  }

  /** These kernels with others for products. */
  Bf16Code with(Products others) {
    return new Bf16Code(others, peak, attentions, rows);
  }

  /** Products of bfloat16 operands. */
  public Products products() {
    return products;
  }

  /**
   * A tile of attention: scores of query rows with a tile of keys, their softmax relative to the
   * largest score so far, and the weighted values added to what was summed so far.
   *
   * @param rows 1 to {@link #QUERY_TILE}
   * @param masked whether a row may see fewer keys than the tile's panels hold
   * @param frame address of the arguments, see {@link AttentionSlot}
   */
  public void attend(int rows, boolean masked, long frame) {
    try {
      Calls.ONE.invokeExact(attentions.get(2 * (rows - 1) + (masked ? 1 : 0)), frame);
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
  }

  /** Constants of {@link #attend} for a factor on the scores. */
  public static int[] attentionConstants(float scale) {
    return AttentionSoftmax.constants(scale);
  }

  /**
   * Packs a key into its column of a key tile's panel, see {@link AttentionSlot#KEYS}.
   *
   * @param key address of bfloat16
   * @param column address of the column's first pair
   * @param steps of {@link #ATTENTION_STEP_BYTES} of the key, at least 1
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
