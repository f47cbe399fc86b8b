package dev.vl4j.kernels.reference;

import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.DeviceMemory;
import dev.vl4j.kernels.Forward;
import dev.vl4j.kernels.HostMatrix;
import dev.vl4j.kernels.KeyValues;
import dev.vl4j.kernels.Linear;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.Operands;
import dev.vl4j.kernels.OwnedTensor;
import dev.vl4j.kernels.Reproducibility;
import dev.vl4j.kernels.RowTable;
import dev.vl4j.kernels.Support;
import java.util.List;

/**
 * The truth that other backends are tested by: every operation as its formula reads, in plain
 * loops, with sums in float64 and only the result rounded to float32.
 */
public final class ReferenceBackend implements Backend {
  private static final int PREFERRED_ROWS = 512;

  private final ReferenceMemory memory = new ReferenceMemory();

  /** With memory of Java's heap, on the thread that calls. */
  public ReferenceBackend() {}

  @Override
  public String description() {
    return "reference (plain loops, float64 sums)";
  }

  @Override
  public Reproducibility reproducibility() {
    return Reproducibility.BITWISE;
  }

  @Override
  public DeviceMemory memory() {
    return memory.now();
  }

  @Override
  public int preferredRows() {
    return PREFERRED_ROWS;
  }

  @Override
  public Support supports(OperandFormat operands) {
    return support(operands);
  }

  static Support support(OperandFormat operands) {
    return operands == OperandFormat.F32 ? Support.KERNELS : Support.EMULATED;
  }

  @Override
  public Support supports(OperandFormat operands, int headSize) {
    return switch (operands) {
      case F32, BF16 -> supports(operands);
      case INT8, FP8 -> Support.NONE;
    };
  }

  @Override
  public Linear prepare(List<HostMatrix> parts, OperandFormat operands) {
    Operands.prepare(parts);
    return ReferenceLinear.of(parts, false, operands, memory);
  }

  @Override
  public Linear prepareGated(HostMatrix gate, HostMatrix up, OperandFormat operands) {
    Operands.prepareGated(gate, up);
    return ReferenceLinear.of(List.of(gate, up), true, operands, memory);
  }

  @Override
  public RowTable table(HostMatrix matrix) {
    return new ReferenceTable(matrix, memory.hold(0));
  }

  @Override
  public OwnedTensor tensor(int rows, int columns) {
    Operands.tensor(rows, columns);
    return ReferenceTensor.empty(rows, columns, memory);
  }

  @Override
  public OwnedTensor upload(float[] values, int rows, int columns) {
    Operands.upload(values, rows, columns);
    return ReferenceTensor.of(values.clone(), rows, columns, memory.hold(4L * values.length));
  }

  @Override
  public KeyValues keyValues(AttentionShape shape, int layers, int rows) {
    Operands.keyValues(shape, layers, rows);
    return ReferenceKeyValues.of(shape, layers, rows, memory);
  }

  @Override
  public Forward begin() {
    return new ReferenceForward(memory);
  }

  @Override
  public void close() {}
}
