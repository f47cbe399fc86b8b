package dev.vl4j.cuda.fake;

import dev.vl4j.device.fake.FakeFault;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * A kernel's launch: its grid, its arguments and the device's memory. Segments are little-endian.
 */
public final class Launch {
  /** Types of parameters. */
  enum Kind {
    POINTER(8),
    LONG(8),
    INT(4),
    FLOAT(4);

    final int bytes;

    Kind(int bytes) {
      this.bytes = bytes;
    }
  }

  /** A kernel's parameter. */
  record Parameter(Kind kind, String name) {}

  /** Numbers of blocks and threads in three directions, and a block's shared memory in bytes. */
  record Grid(
      int gridX, int gridY, int gridZ, int blockX, int blockY, int blockZ, int sharedBytes) {}

  /** What {@link #memory} gave out. */
  private record Access(long address, long bytes) {}

  private final String kernel;
  private final Grid grid;
  private final List<Parameter> parameters;
  private final long[] values;
  private final FakeMemory memory;
  private final List<Access> accesses = new ArrayList<>();

  Launch(String kernel, Grid grid, List<Parameter> parameters, long[] values, FakeMemory memory) {
    this.kernel = kernel;
    this.grid = grid;
    this.parameters = parameters;
    this.values = values;
    this.memory = memory;
  }

  public String kernel() {
    return kernel;
  }

  public int gridX() {
    return grid.gridX();
  }

  public int gridY() {
    return grid.gridY();
  }

  public int gridZ() {
    return grid.gridZ();
  }

  public int blockX() {
    return grid.blockX();
  }

  public int blockY() {
    return grid.blockY();
  }

  /** Dynamic shared memory of a block, in bytes. */
  public int sharedBytes() {
    return grid.sharedBytes();
  }

  private long value(int index, Kind expected) {
    if (index >= parameters.size()) {
      throw new FakeFault(
          "kernel %s has %d parameters; the twin asks for number %d"
              .formatted(kernel, parameters.size(), index));
    }
    Parameter parameter = parameters.get(index);
    if (parameter.kind() != expected) {
      throw new FakeFault(
          "kernel %s: parameter %d (%s) is %s; the twin asks for %s"
              .formatted(kernel, index, parameter.name(), parameter.kind(), expected));
    }
    return values[index];
  }

  /** A pointer: an address on the device, or 0. */
  public long address(int index) {
    return value(index, Kind.POINTER);
  }

  public long longAt(int index) {
    return value(index, Kind.LONG);
  }

  public int intAt(int index) {
    return (int) value(index, Kind.INT);
  }

  public float floatAt(int index) {
    return Float.intBitsToFloat((int) value(index, Kind.FLOAT));
  }

  /**
   * Memory of the device, to read or to write. What is read may never have been written and is NaN
   * then; {@link #read} is stricter.
   */
  public MemorySegment memory(long address, long bytes) {
    MemorySegment segment = memory.segment(address, bytes);
    accesses.add(new Access(address, bytes));
    return segment;
  }

  /** Memory of the device, to read: every byte must have been written. */
  public MemorySegment read(long address, long bytes) {
    return memory.read(address, bytes);
  }

  /** Memory of the device of which every byte is written. */
  public MemorySegment write(long address, long bytes) {
    return memory.write(address, bytes);
  }

  /** Memory of the device, to read and then to write: every byte must have been written. */
  public MemorySegment update(long address, long bytes) {
    return memory.update(address, bytes);
  }

  /** To be called once the twin has run. */
  void finish() {
    accesses.forEach(access -> memory.markChanged(access.address(), access.bytes()));
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder(kernel).append('(');
    for (int i = 0; i < values.length; i++) {
      Kind kind = parameters.get(i).kind();
      text.append(i == 0 ? "" : ", ").append(parameters.get(i).name()).append(" = ");
      switch (kind) {
        case POINTER -> text.append("0x").append(Long.toHexString(values[i]));
        case FLOAT -> text.append(Float.intBitsToFloat((int) values[i]));
        case INT, LONG -> text.append(values[i]);
      }
    }
    return text.append("), ").append(grid).toString();
  }
}
