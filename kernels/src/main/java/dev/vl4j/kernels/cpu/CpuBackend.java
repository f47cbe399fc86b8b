package dev.vl4j.kernels.cpu;

import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.DeviceMemory;
import dev.vl4j.kernels.Forward;
import dev.vl4j.kernels.HostMatrix;
import dev.vl4j.kernels.KeyValues;
import dev.vl4j.kernels.Linear;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.Operands;
import dev.vl4j.kernels.OwnedTensor;
import dev.vl4j.kernels.PackedWeights;
import dev.vl4j.kernels.PreparedStore;
import dev.vl4j.kernels.Reproducibility;
import dev.vl4j.kernels.RowTable;
import dev.vl4j.kernels.Support;
import dev.vl4j.kernels.cpu.family.CpuKeyValues;
import dev.vl4j.kernels.cpu.family.HeadFormat;
import dev.vl4j.kernels.cpu.family.KernelFamily;
import dev.vl4j.kernels.cpu.family.PackedRows;
import dev.vl4j.kernels.cpu.vector.Lanes;
import dev.vl4j.kernels.memory.HostMemory;
import dev.vl4j.kernels.memory.HostTensor;
import dev.vl4j.kernels.memory.SystemMemory;
import dev.vl4j.kernels.tier.Tier;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Optional;

/** The processor, through the Vector API and machine code, on all its cores. */
public final class CpuBackend implements Backend, PackedWeights {
  private static final String NAME = "cpu";

  /** Unused memory that is kept for the next forward. */
  private static final long KEEP_BYTES = 128L << 20;

  /** On two cores, products of 512 rows are as fast as those of 2048. */
  private static final int PREFERRED_ROWS = 512;

  private final CpuCode code;
  private final HostMemory memory;
  private final CpuKernels kernels;
  private final RowOperations rowwise;
  private PreparedStore store = PreparedStore.NONE;

  /**
   * @param threads compute threads, the caller's included
   */
  public CpuBackend(int threads) {
    this(threads, 0);
  }

  /**
   * @param threads compute threads, the caller's included
   * @param memoryLimit bytes that weights, keys and values, tensors and activations may take
   *     together, 0 for as many as there are
   */
  public CpuBackend(int threads, long memoryLimit) {
    this(threads, memoryLimit, CpuCode.get());
  }

  CpuBackend(int threads, long memoryLimit, CpuCode code) {
    if (threads < 1) {
      throw new BackendException("cpu: threads: expected at least 1, found " + threads);
    }
    if (memoryLimit < 0) {
      throw new BackendException("cpu: memory: expected 0 bytes or more, found " + memoryLimit);
    }
    this.code = code;
    // Native calls are allowed only where machine code is in use.
    SystemMemory system = code.tier() == Tier.VECTOR_API ? null : new SystemMemory();
    memory = new HostMemory(NAME, memoryLimit, KEEP_BYTES, system);
    kernels = new CpuKernels(threads, code, memory);
    rowwise = new RowOperations(kernels);
  }

  @Override
  public String description() {
    return "cpu (%s, %d threads)".formatted(describe(code), kernels.pool().size());
  }

  /** What a backend with these kernels computes with. */
  static String describe(CpuCode code) {
    return "Vector API, %d bit, products %s".formatted(Lanes.FLOAT.vectorBitSize(), code.tier());
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
    return kernels.support(operands);
  }

  @Override
  public Support supports(OperandFormat operands, int headSize) {
    return kernels.support(operands, headSize);
  }

  @Override
  public <T> Optional<T> capability(Class<T> type) {
    return type == PackedWeights.class ? Optional.of(type.cast(this)) : Optional.empty();
  }

  @Override
  public Linear prepare(List<HostMatrix> parts, OperandFormat operands) {
    KernelFamily family = kernels.family(operands);
    return family.pack(PackedRows.stacked(parts, family.panel()), operands, store);
  }

  @Override
  public Linear prepareGated(HostMatrix gate, HostMatrix up, OperandFormat operands) {
    KernelFamily family = kernels.family(operands);
    return family.pack(PackedRows.gated(gate, up, family.panel()), operands, store);
  }

  @Override
  public String layout(OperandFormat operands) {
    return kernels.family(operands).layout(operands);
  }

  @Override
  public void prepareFrom(PreparedStore store) {
    this.store = store;
  }

  @Override
  public RowTable table(HostMatrix matrix) {
    return new CpuTable(matrix);
  }

  @Override
  public OwnedTensor tensor(int rows, int columns) {
    Operands.tensor(rows, columns);
    return lasting(rows, columns);
  }

  @Override
  public OwnedTensor upload(float[] values, int rows, int columns) {
    Operands.upload(values, rows, columns);
    HostTensor tensor = lasting(rows, columns);
    MemorySegment.copy(values, 0, tensor.data(), ValueLayout.JAVA_FLOAT, 0, values.length);
    return tensor;
  }

  private HostTensor lasting(int rows, int columns) {
    return new HostTensor(memory.lasting(HostTensor.bytes(rows, columns)), rows, columns);
  }

  @Override
  public KeyValues keyValues(AttentionShape shape, int layers, int rows) {
    Operands.keyValues(shape, layers, rows);
    HeadFormat format = kernels.family(shape).headFormat(shape);
    long bytes = CpuKeyValues.bytes(shape, format, layers, rows);
    return new CpuKeyValues(shape, format, layers, rows, memory.lasting(bytes));
  }

  @Override
  public Forward begin() {
    return new CpuForward(kernels, rowwise, memory);
  }

  @Override
  public void close() {
    kernels.close();
    memory.close();
  }
}
