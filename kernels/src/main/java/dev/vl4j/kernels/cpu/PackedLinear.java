package dev.vl4j.kernels.cpu;

import static dev.vl4j.kernels.cpu.Lanes.COUNT;
import static dev.vl4j.kernels.cpu.Lanes.FLOAT;
import static dev.vl4j.kernels.cpu.Lanes.INT;
import static dev.vl4j.kernels.cpu.Lanes.ORDER;
import static dev.vl4j.kernels.cpu.Lanes.PANEL;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;

import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.DType;
import dev.vl4j.kernels.Formats;
import dev.vl4j.kernels.HostMatrix;
import dev.vl4j.kernels.Linear;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.Operands;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * A weight in panels: {@link Lanes#PANEL} output features wide, input feature by input feature, so
 * that the tile kernel reads it front to back. Missing columns of the last panel are zero.
 *
 * <p>16-bit weights keep their size: an int holds column {@code j} in its low half and column {@code
 * j + COUNT} in its high half, and one load gives both vectors of a step.
 */
final class PackedLinear implements Linear {

  private final Arena arena = Arena.ofShared();
  private final MemorySegment data;
  private final DType stored;
  private final int outFeatures;
  private final int inFeatures;
  private final OperandFormat operands;

  private PackedLinear(DType stored, int outFeatures, int inFeatures, OperandFormat operands) {
    this.stored = stored;
    this.outFeatures = outFeatures;
    this.inFeatures = inFeatures;
    this.operands = operands;
    this.data = arena.allocate(panels() * panelBytes(), 64);
  }

  static PackedLinear pack(List<HostMatrix> parts, OperandFormat operands, WorkerPool pool) {
    Operands.prepare(parts);
    int outFeatures = parts.stream().mapToInt(HostMatrix::rows).sum();
    DType first = parts.getFirst().dtype();
    boolean alike = parts.stream().allMatch(part -> part.dtype() == first);
    // Rounded to bf16, any weight fits in 16 bits; parts of different formats meet in float32.
    DType stored = operands == OperandFormat.BF16 ? DType.BF16 : alike ? first : DType.F32;
    int inFeatures = parts.getFirst().columns();
    PackedLinear packed = new PackedLinear(stored, outFeatures, inFeatures, operands);
    pool.run(packed.panels(), (panel, worker) -> packed.packPanel(parts, panel));
    return packed;
  }

  int panels() {
    return Math.ceilDiv(outFeatures, PANEL);
  }

  private long panelBytes() {
    return (long) inFeatures * PANEL * stored.bytes();
  }

  OperandFormat operands() {
    return operands;
  }

  /** Memory that a step's weights are read from: the panels, or scratch that they are widened to. */
  MemorySegment source(MemorySegment scratch) {
    return stored == DType.F32 ? data : scratch;
  }

  /**
   * Makes input features {@code from} to {@code from + depth} of a panel readable as float32.
   *
   * @return byte offset in {@link #source} of the first
   */
  long widen(int panel, int from, int depth, MemorySegment scratch) {
    long at = panel * panelBytes() + (long) from * PANEL * stored.bytes();
    switch (stored) {
      case F32 -> {
        return at;
      }
      case BF16 -> widenBf16(at, depth, scratch);
      case F16 -> widenF16(at, depth, scratch);
    }
    return 0;
  }

  private void widenBf16(long at, int depth, MemorySegment scratch) {
    long vector = (long) COUNT * Float.BYTES;
    for (int k = 0; k < depth; k++) {
      IntVector pair = IntVector.fromMemorySegment(INT, data, at + k * vector, ORDER);
      pair.lanewise(LSHL, 16).intoMemorySegment(scratch, 2L * k * vector, ORDER);
      pair.and(0xFFFF0000).intoMemorySegment(scratch, (2L * k + 1) * vector, ORDER);
    }
  }

  private void widenF16(long at, int depth, MemorySegment scratch) {
    long vector = (long) COUNT * Float.BYTES;
    for (int k = 0; k < depth; k++) {
      IntVector pair = IntVector.fromMemorySegment(INT, data, at + k * vector, ORDER);
      halfToFloat(pair.lanewise(LSHL, 16)).intoMemorySegment(scratch, 2L * k * vector, ORDER);
      halfToFloat(pair).intoMemorySegment(scratch, (2L * k + 1) * vector, ORDER);
    }
  }

  /**
   * Widens finite half floats in the high halves of the lanes. Their exponent and mantissa, moved
   * into a float's place, are the value times 2^-112; the product with 2^112 is exact, subnormals
   * included.
   */
  private static FloatVector halfToFloat(IntVector high) {
    IntVector magnitude =
        high.and(0x7FFF0000).lanewise(LSHR, 3);
    FloatVector value = magnitude.reinterpretAsFloats().mul(FloatVector.broadcast(FLOAT, 0x1p112f));
    return value.reinterpretAsInts().or(high.and(0x80000000)).reinterpretAsFloats();
  }

  private void packPanel(List<HostMatrix> parts, int panel) {
    MemorySegment target = data.asSlice(panel * panelBytes(), panelBytes());
    for (int column = 0; column < PANEL; column++) {
      int row = panel * PANEL + column;
      if (row >= outFeatures) {
        return;
      }
      int part = 0;
      while (row >= parts.get(part).rows()) {
        row -= parts.get(part++).rows();
      }
      packColumn(parts.get(part), row, target, column);
    }
  }

  private void packColumn(HostMatrix part, int row, MemorySegment target, int column) {
    long rowBytes = (long) inFeatures * part.dtype().bytes();
    MemorySegment source =
        part.data()
            .asSlice(row * rowBytes, rowBytes);
    if (stored == DType.F32) {
      for (int k = 0; k < inFeatures; k++) {
        target.setAtIndex(ValueLayout.JAVA_FLOAT, (long) k * PANEL + column, element(part, source, k));
      }
      return;
    }
    // Little-endian: the low half of pair j is short 2j, the high half short 2j + 1.
    int slot = column < COUNT ? 2 * column : 2 * (column - COUNT) + 1;
    for (int k = 0; k < inFeatures; k++) {
      short bits =
          part.dtype() == stored
              ? source.get(ValueLayout.JAVA_SHORT_UNALIGNED, 2L * k)
              : (short) (Float.floatToRawIntBits(Formats.roundToBf16(element(part, source, k))) >>> 16);
      if (stored == DType.F16 && (bits & 0x7C00) == 0x7C00) {
        throw new BackendException(
            "prepare: %s holds an infinite or undefined value at [%d, %d]"
                .formatted(part.name(), row, k));
      }
      target.setAtIndex(ValueLayout.JAVA_SHORT, (long) k * PANEL + slot, bits);
    }
  }

  private static float element(HostMatrix part, MemorySegment source, int k) {
    return switch (part.dtype()) {
      case F32 -> source.get(ValueLayout.JAVA_FLOAT_UNALIGNED, 4L * k);
      case BF16 -> Formats.bf16ToFloat(source.get(ValueLayout.JAVA_SHORT_UNALIGNED, 2L * k));
      case F16 -> Formats.f16ToFloat(source.get(ValueLayout.JAVA_SHORT_UNALIGNED, 2L * k));
    };
  }

  @Override
  public int outFeatures() {
    return outFeatures;
  }

  @Override
  public int inFeatures() {
    return inFeatures;
  }

  @Override
  public long bytes() {
    return data.byteSize();
  }

  @Override
  public void close() {
    arena.close();
  }
}
