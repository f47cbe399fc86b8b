package dev.vl4j.kernels.x86;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** Emitted kernels on 8-bit operands: products, their scaling, quantisation. */
public final class Int8Code {
  /** Elements of a turn of {@link #quantise}. */
  public static final int QUANTISE_BLOCK = Int8Kernels.LANES;

  /** Bytes of arguments of {@link #quantise}. */
  public static final int QUANTISE_BYTES = Int8Kernels.ARGUMENT_BYTES;

  /** Makes an 8-bit activation unsigned. */
  private static final int UNSIGNED_OFFSET = 128;

  private final Products products;
  private final Peak peak;
  private final int offset;
  private final MemorySegment scale;
  private final Quantiser quantiser;

  /** From float32 to digits. */
  private record Quantiser(MemorySegment measure, MemorySegment quantise) {
    static Quantiser wide() {
      return of(Int8Kernels.measure(512), Int8Kernels.quantise());
    }

    static Quantiser narrow() {
      return of(Int8Kernels.measure(256), Int8Kernels.quantiseNarrow());
    }

    private static Quantiser of(byte[] measure, byte[] quantise) {
      List<MemorySegment> entries = ExecutableMemory.load(List.of(measure, quantise));
      return new Quantiser(entries.get(0), entries.get(1));
    }
  }

  private Int8Code(
      Products products, Peak peak, int offset, MemorySegment scale, Quantiser quantiser) {
    this.products = products;
    this.peak = peak;
    this.offset = offset;
    this.scale = scale;
    this.quantiser = quantiser;
  }

  /** Products by vector instructions. */
  static Int8Code emit(TileKernels.Dot dot, int cacheBytes) {
    return new Int8Code(
        VectorProducts.emit(dot, cacheBytes),
        Peak.emit(dot),
        dot.isSignedSigned() ? 0 : UNSIGNED_OFFSET,
        scaleKernel(),
        dot == TileKernels.Dot.INT8_ZMM ? Quantiser.wide() : Quantiser.narrow());
  }

  /** Products by AMX. */
  static Int8Code emitTiles(int cacheBytes) {
    return new Int8Code(
        AmxProducts.emit(AmxKernels.Dot.INT8, cacheBytes),
        Peak.emit(AmxKernels.Dot.INT8),
        UNSIGNED_OFFSET,
        scaleKernel(),
        Quantiser.wide());
  }

  private static MemorySegment scaleKernel() {
    return ExecutableMemory.load(List.of(Int8Kernels.scale())).getFirst();
  }

  /** These kernels with others for products, of unsigned activations. */
  Int8Code with(Products others) {
    return new Int8Code(others, peak, UNSIGNED_OFFSET, scale, quantiser);
  }

  /** Products of 8-bit operands. */
  public Products products() {
    return products;
  }

  /**
   * What the products want added to activations: 128 where the instruction takes them as unsigned,
   * or 0. Sums then exceed the product by this times the weights' column sums.
   */
  public int offset() {
    return offset;
  }

  /**
   * Sums of magnitudes and largest magnitudes of a row, by lanes, in the order of {@link
   * dev.vl4j.kernels.Quantization#sumOfMagnitudes}.
   *
   * @param row address of float32
   * @param blocks of {@link dev.vl4j.kernels.Quantization#BLOCK}, at least 1
   * @param sums address of 16 float32, added to
   * @param maxima address of 16 float32, updated
   */
  public void measure(long row, long blocks, long sums, long maxima) {
    try {
      Calls.FOUR.invokeExact(quantiser.measure, row, blocks, sums, maxima);
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
  }

  /**
   * Low digits of a row, and a list of the high digits, zeros perhaps among them.
   *
   * @param row address of float32
   * @param digits address of bytes, the low digits plus {@link #offset}
   * @param turns of {@link #QUANTISE_BLOCK}, at least 1
   * @param columns gets the columns of high digits, int32; a block more may be overwritten
   * @param high gets the digits, int32, likewise
   * @param arguments scratch of {@link #QUANTISE_BYTES}
   * @return digits in the list
   */
  public int quantise(
      long row,
      long digits,
      long turns,
      MemorySegment columns,
      MemorySegment high,
      MemorySegment arguments,
      float inverse) {
    Int8Kernels.arguments(arguments, inverse, offset);
    try {
      Calls.SIX.invokeExact(
          quantiser.quantise,
          row,
          digits,
          turns,
          columns.address(),
          arguments.address(),
          high.address());
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
    long end = arguments.get(ValueLayout.JAVA_LONG, Int8Kernels.END);
    return (int) ((end - columns.address()) / Integer.BYTES);
  }

  /**
   * Turns products' sums into float32 in place: {@code (sum - compensation) * (row step * column
   * step)}.
   *
   * @param sums address of rows of {@link MachineCode#PANEL} int32, without gaps
   * @param compensation address of an int32 for each column
   * @param columnSteps address of a float32 for each column
   * @param rowSteps address of a float32 for each row
   */
  public void scale(long sums, long compensation, long columnSteps, long rowSteps, long rows) {
    try {
      Calls.FIVE.invokeExact(scale, sums, compensation, columnSteps, rowSteps, rows);
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
  }

  /**
   * Keeps a core busy with products on registers, to measure what it can do.
   *
   * @return operations done
   */
  public long peak(long turns) {
    return peak.run(turns);
  }
}
