package dev.vl4j.kernels.cpu.vector;

import static dev.vl4j.kernels.cpu.vector.Lanes.COUNT;
import static dev.vl4j.kernels.cpu.vector.Lanes.FLOAT;
import static dev.vl4j.kernels.cpu.vector.Lanes.INT;
import static dev.vl4j.kernels.cpu.vector.Lanes.ORDER;
import static dev.vl4j.kernels.cpu.vector.Lanes.PANEL;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;

import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.DType;
import dev.vl4j.kernels.Epilogue;
import dev.vl4j.kernels.Formats;
import dev.vl4j.kernels.HostMatrix;
import dev.vl4j.kernels.Operand;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.PreparedStore;
import dev.vl4j.kernels.cpu.family.PackedRows;
import dev.vl4j.kernels.cpu.family.PanelLinear;
import dev.vl4j.kernels.memory.ForwardMemory;
import dev.vl4j.kernels.memory.HostTensor;
import dev.vl4j.kernels.x86.FloatCode;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import org.jspecify.annotations.Nullable;

/**
 * A weight in panels: {@link Lanes#PANEL} output features wide, input feature by input feature, so
 * that the tile kernel reads it front to back. Missing columns of the last panel are zero.
 *
 * <p>16-bit weights keep their size: an int holds column {@code j} in its low half and column
 * {@code j + COUNT} in its high half, and one load gives both vectors of a step.
 */
final class FloatLinear extends PanelLinear {

  /** Input features transposed together: small enough for the first-level cache. */
  private static final int BLOCK = 128;

  /** Raised when the layout changes: it names what files hold of it. */
  private static final int LAYOUT = 1;

  private final VectorKernels kernels;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment[] panels;
  private final DType stored;

  /** Bytes that count as held. */
  private long held;

  private FloatLinear(
      VectorKernels kernels, DType stored, PackedRows rows, OperandFormat operands) {
    super(rows, operands);
    this.kernels = kernels;
    this.stored = stored;
    panels = new MemorySegment[rows.panels()];
  }

  /**
   * @param rows in panels of {@link Lanes#PANEL} columns
   * @param store what it has is not packed again
   */
  static FloatLinear pack(
      VectorKernels kernels, PackedRows rows, OperandFormat operands, PreparedStore store) {
    List<DType> dtypes = rows.matrices().stream().map(FloatLinear::packed).distinct().toList();
    // Rounded to bf16, any weight fits in 16 bits; parts of different formats meet in float32.
    DType stored =
        operands == OperandFormat.BF16
            ? DType.BF16
            : dtypes.size() == 1 ? dtypes.getFirst() : DType.F32;
    FloatLinear packed = new FloatLinear(kernels, stored, rows, operands);
    MemorySegment found = store.find(rows.name(), packed.bytes());
    if (found != null) {
      long bytes = packed.panelBytes();
      Arrays.setAll(packed.panels, panel -> found.asSlice(panel * bytes, bytes));
      return packed;
    }
    packed.fill(() -> packed.pack(rows), store, rows.name(), Arrays.asList(packed.panels));
    return packed;
  }

  private void pack(PackedRows rows) {
    kernels.memory().reserve(bytes());
    held = bytes();
    try {
      kernels.pool().run(panels(), (panel, worker) -> packPanel(rows.columns(), panel));
    } catch (OutOfMemoryError e) {
      throw kernels.memory().refused(held);
    }
  }

  /** The format that holds a matrix's values: float32 for whole numbers of steps. */
  private static DType packed(HostMatrix matrix) {
    return matrix.dtype() == DType.I8 ? DType.F32 : matrix.dtype();
  }

  /** Names the layout of stored memory, of whatever element format. */
  static String layout() {
    return "elements, layout %d, panels of %d".formatted(LAYOUT, PANEL);
  }

  @Override
  public boolean isOpen() {
    return arena.scope().isAlive();
  }

  @Override
  public boolean rounds() {
    return false;
  }

  @Override
  public void multiply(Operand x, Epilogue epilogue, Operand out, ForwardMemory memory) {
    HostTensor from = HostTensor.of(x);
    float[] tiles = kernels.tiles(from.rows(), from.columns(), memory);
    new FloatProduct(from, this, epilogue, HostTensor.of(out), tiles, kernels.code())
        .run(kernels.pool(), kernels.products());
  }

  private long panelBytes() {
    return (long) inFeatures() * PANEL * stored.bytes();
  }

  /** Memory that a panel's weights are read from: its own, or scratch that they are widened to. */
  MemorySegment source(int panel, MemorySegment scratch) {
    return stored == DType.F32 ? panels[panel] : scratch;
  }

  /**
   * Makes input features {@code from} to {@code from + depth} of a panel readable as float32.
   *
   * @return byte offset in {@link #source} of the first
   */
  long widen(int panel, int from, int depth, MemorySegment scratch) {
    MemorySegment data = panels[panel];
    long at = (long) from * PANEL * stored.bytes();
    switch (stored) {
      case F32 -> {
        return at;
      }
      case BF16 -> {
        FloatCode code = kernels.code();
        if (code == null) {
          widenBf16(data, at, depth, scratch);
        } else {
          code.widen(data.address() + at, depth, scratch.address());
        }
      }
      case F16 -> widenF16(data, at, depth, scratch);
      case I8 -> throw new IllegalStateException("packed as I8");
    }
    return 0;
  }

  /** What {@link #widen} reads. */
  MemorySegment stored(int panel, int from, int depth) {
    long row = (long) PANEL * stored.bytes();
    return panels[panel].asSlice(from * row, depth * row);
  }

  private static void widenBf16(MemorySegment data, long at, int depth, MemorySegment scratch) {
    long vector = (long) COUNT * Float.BYTES;
    for (int k = 0; k < depth; k++) {
      IntVector pair = IntVector.fromMemorySegment(INT, data, at + k * vector, ORDER);
      pair.lanewise(LSHL, 16).intoMemorySegment(scratch, 2L * k * vector, ORDER);
      pair.and(0xFFFF0000).intoMemorySegment(scratch, (2L * k + 1) * vector, ORDER);
    }
  }

  private static void widenF16(MemorySegment data, long at, int depth, MemorySegment scratch) {
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
    IntVector magnitude = high.and(0x7FFF0000).lanewise(LSHR, 3);
    FloatVector value = magnitude.reinterpretAsFloats().mul(FloatVector.broadcast(FLOAT, 0x1p112f));
    return value.reinterpretAsInts().or(high.and(0x80000000)).reinterpretAsFloats();
  }

  private void packPanel(List<PackedRows.@Nullable Row> columns, int panel) {
    List<PackedRows.@Nullable Row> rows = columns.subList(panel * PANEL, (panel + 1) * PANEL);
    // Allocated here, not all at once: memory comes zeroed, and so every worker zeroes its share.
    MemorySegment data = arena.allocate(panelBytes(), 64);
    panels[panel] = data;
    for (int from = emit(rows, data); from < inFeatures(); from += BLOCK) {
      int depth = Math.min(BLOCK, inFeatures() - from);
      long to = (long) from * PANEL * stored.bytes();
      if (stored == DType.F32) {
        packFloats(rows, from, depth, data, to);
      } else {
        packPairs(rows, from, depth, data, to);
      }
    }
  }

  /**
   * Packs what machine code can.
   *
   * @return how many input features that is
   */
  private int emit(List<PackedRows.@Nullable Row> rows, MemorySegment data) {
    FloatCode code = kernels.code();
    int turns = inFeatures() / COUNT;
    if (code == null
        || stored != DType.BF16
        || turns == 0
        || !rows.stream().allMatch(this::isBf16)) {
      return 0;
    }
    long rowBytes = (long) inFeatures() * Short.BYTES;
    try (Arena scratch = Arena.ofConfined()) {
      MemorySegment addresses = scratch.allocate(ValueLayout.JAVA_LONG, PANEL);
      MemorySegment zeros = rows.contains(null) ? scratch.allocate(rowBytes) : MemorySegment.NULL;
      for (int column = 0; column < PANEL; column++) {
        PackedRows.Row row = rows.get(column);
        long address =
            row == null ? zeros.address() : row.matrix().data().address() + row.index() * rowBytes;
        addresses.setAtIndex(ValueLayout.JAVA_LONG, column, address);
      }
      code.pairs(addresses.address(), data.address(), turns);
    }
    return turns * COUNT;
  }

  private boolean isBf16(PackedRows.@Nullable Row row) {
    return row == null || (row.matrix().dtype() == DType.BF16 && row.matrix().data().isNative());
  }

  private static void packFloats(
      List<PackedRows.@Nullable Row> rows, int from, int depth, MemorySegment data, long to) {
    float[] block = new float[depth * PANEL];
    float[] row = new float[depth];
    for (int column = 0; column < PANEL; column++) {
      PackedRows.Row source = rows.get(column);
      if (source == null) {
        continue; // the block has zeros there
      }
      readFloats(source.matrix(), source.index(), from, row);
      for (int k = 0; k < depth; k++) {
        block[k * PANEL + column] = row[k];
      }
    }
    MemorySegment.copy(block, 0, data, ValueLayout.JAVA_FLOAT, to, block.length);
  }

  private void packPairs(
      List<PackedRows.@Nullable Row> rows, int from, int depth, MemorySegment data, long to) {
    int[] block = new int[depth * COUNT];
    short[] row = new short[depth];
    for (int column = 0; column < PANEL; column++) {
      PackedRows.Row source = rows.get(column);
      if (source == null) {
        continue; // the block has zeros there
      }
      readBits(source.matrix(), source.index(), from, row);
      int shift = column < COUNT ? 0 : 16;
      for (int k = 0; k < depth; k++) {
        block[k * COUNT + column % COUNT] |= (row[k] & 0xFFFF) << shift;
      }
    }
    MemorySegment.copy(block, 0, data, ValueLayout.JAVA_INT, to, block.length);
  }

  /** Part of a row in the 16 bits it is stored in. */
  private void readBits(HostMatrix matrix, int row, int from, short[] bits) {
    if (matrix.dtype() == stored) {
      long at = ((long) row * inFeatures() + from) * stored.bytes();
      MemorySegment.copy(matrix.data(), ValueLayout.JAVA_SHORT_UNALIGNED, at, bits, 0, bits.length);
    } else {
      float[] values = new float[bits.length];
      readFloats(matrix, row, from, values);
      for (int k = 0; k < bits.length; k++) {
        bits[k] = (short) (Float.floatToRawIntBits(Formats.roundToBf16(values[k])) >>> 16);
      }
    }
    for (int k = 0; stored == DType.F16 && k < bits.length; k++) {
      if ((bits[k] & 0x7C00) == 0x7C00) {
        throw new BackendException(
            "prepare: %s holds an infinite or undefined value at [%d, %d]"
                .formatted(matrix.name(), row, from + k));
      }
    }
  }

  private static void readFloats(HostMatrix matrix, int row, int from, float[] values) {
    long at = (long) row * matrix.columns() + from;
    for (int k = 0; k < values.length; k++) {
      values[k] = matrix.element(at + k);
    }
  }

  @Override
  public long bytes() {
    return panels.length * panelBytes();
  }

  @Override
  public void close() {
    if (isOpen()) {
      arena.close();
      kernels.memory().release(held);
    }
  }
}
