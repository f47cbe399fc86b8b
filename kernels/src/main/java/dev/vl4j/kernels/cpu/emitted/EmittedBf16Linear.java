package dev.vl4j.kernels.cpu.emitted;

import static dev.vl4j.kernels.x86.MachineCode.PANEL;

import dev.vl4j.kernels.DType;
import dev.vl4j.kernels.Epilogue;
import dev.vl4j.kernels.HostMatrix;
import dev.vl4j.kernels.Operand;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.PreparedStore;
import dev.vl4j.kernels.cpu.family.PackedRows;
import dev.vl4j.kernels.cpu.family.PanelLinear;
import dev.vl4j.kernels.cpu.family.PanelMemory;
import dev.vl4j.kernels.cpu.family.PanelTransposer;
import dev.vl4j.kernels.cpu.family.WorkerPool;
import dev.vl4j.kernels.memory.ForwardMemory;
import dev.vl4j.kernels.memory.HostBlock;
import dev.vl4j.kernels.memory.HostTensor;
import dev.vl4j.kernels.x86.Bf16Code;
import dev.vl4j.kernels.x86.PackCode;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A weight for emitted bfloat16 kernels, in panels of 32 output features: {@code [panel][depth /
 * 2][32][2]}, so that one 32-bit lane holds two consecutive input features of one output feature,
 * as {@code vdpbf16ps} wants them. Missing features are zero.
 */
final class EmittedBf16Linear extends PanelLinear {
  /** Pairs of input features transposed together. */
  private static final int BLOCK = 128;

  /** Raised when the layout changes: it names what files hold of it. */
  private static final int LAYOUT = 1;

  private final EmittedKernels kernels;
  private final PanelMemory memory;
  private final int depth;
  private final boolean stored;

  private EmittedBf16Linear(EmittedKernels kernels, PackedRows rows, PreparedStore store) {
    super(rows, OperandFormat.BF16);
    this.kernels = kernels;
    int stepBytes = kernels.code().bf16().products().stepBytes();
    int depthBytes = Math.ceilDiv(inFeatures() * Short.BYTES, stepBytes) * stepBytes;
    depth = depthBytes / Short.BYTES;
    long bytes = PanelMemory.bytes(panels(), PANEL, depthBytes);
    MemorySegment found = store.find(rows.name(), bytes);
    stored = found != null;
    HostBlock block = found == null ? kernels.memory().zeroed(bytes) : HostBlock.unowned(found);
    memory = new PanelMemory(block, bytes, PANEL, depthBytes);
  }

  /** Names the layout of stored memory. */
  static String layout(int stepBytes) {
    return "bf16 pairs, layout %d, panels of %d, depth in steps of %d bytes"
        .formatted(LAYOUT, PANEL, stepBytes);
  }

  /**
   * @param rows in panels of {@link dev.vl4j.kernels.x86.MachineCode#PANEL} columns
   * @param code packs bfloat16 in native memory; null for Java
   * @param store what it has is not packed again
   */
  static EmittedBf16Linear pack(
      EmittedKernels kernels, PackedRows rows, @Nullable PackCode code, PreparedStore store) {
    EmittedBf16Linear packed = new EmittedBf16Linear(kernels, rows, store);
    if (!packed.stored) {
      packed.fill(
          () -> packed.packPanels(rows, code), store, rows.name(), List.of(packed.memory.data()));
    }
    return packed;
  }

  private void packPanels(PackedRows rows, @Nullable PackCode code) {
    WorkerPool pool = kernels.pool();
    if (code == null || !emits(rows.matrices())) {
      pool.run(panels(), (panel, worker) -> packPanel(rows.columns(), panel));
    } else {
      transpose(rows.columns(), code, pool);
    }
  }

  @Override
  public PackedOperand operand(int rows, ForwardMemory memory) {
    return operand(rows, memory.block(PackedOperand.bytes(bf16(), rows, depthBytes())));
  }

  private PackedOperand operand(int rows, HostBlock block) {
    return new PackedOperand(bf16(), block, rows, inFeatures(), depthBytes());
  }

  private Bf16Code bf16() {
    return kernels.code().bf16();
  }

  @Override
  public boolean isOpen() {
    return memory.isOpen();
  }

  @Override
  public boolean rounds() {
    return true;
  }

  @Override
  public void multiply(Operand x, Epilogue epilogue, Operand out, ForwardMemory memory) {
    PackedOperand operand;
    if (x instanceof HostTensor) {
      int rows = x.rows();
      operand = operand(rows, memory.scratch(PackedOperand.bytes(bf16(), rows, depthBytes())));
      kernels.round(HostTensor.of(x), operand);
    } else {
      operand = PackedOperand.of(x, depthBytes());
    }
    new EmittedBf16Product(kernels.code(), operand, this, epilogue, out)
        .run(kernels.pool(), kernels.products());
  }

  int depthBytes() {
    return depth * Short.BYTES;
  }

  PanelMemory memory() {
    return memory;
  }

  private static boolean emits(List<HostMatrix> matrices) {
    return matrices.stream()
        .allMatch(matrix -> matrix.dtype() == DType.BF16 && matrix.data().isNative());
  }

  private void transpose(List<PackedRows.@Nullable Row> rows, PackCode code, WorkerPool pool) {
    int rowBytes = inFeatures() * Short.BYTES;
    @Nullable PanelTransposer[] transposers = new PanelTransposer[pool.size()];
    try (Arena arena = Arena.ofShared()) {
      pool.run(
          panels(),
          (panel, worker) -> {
            PanelTransposer transposer = transposers[worker];
            if (transposer == null) {
              transposer = new PanelTransposer(code, rowBytes, depthBytes(), arena);
              transposers[worker] = transposer;
            }
            for (int column = 0; column < PANEL; column++) {
              PackedRows.Row row = rows.get(panel * PANEL + column);
              if (row == null) {
                transposer.clear(column);
              } else {
                long first = (long) row.index() * rowBytes;
                transposer.set(column, row.matrix().data().asSlice(first, rowBytes));
              }
            }
            transposer.write(memory, panel);
          });
    }
  }

  private void packPanel(List<PackedRows.@Nullable Row> rows, int panel) {
    int[] block = new int[BLOCK * PANEL];
    short[] row = new short[2 * BLOCK];
    for (int from = 0; from < depth; from += 2 * BLOCK) {
      int pairs = Math.min(BLOCK, (depth - from) / 2);
      for (int column = 0; column < PANEL; column++) {
        PackedRows.Row source = rows.get(panel * PANEL + column);
        if (source == null) {
          continue; // the block has zeros there
        }
        source.readBf16(from, row, Math.min(2 * pairs, inFeatures() - from));
        for (int pair = 0; pair < pairs; pair++) {
          block[pair * PANEL + column] = (row[2 * pair] & 0xFFFF) | row[2 * pair + 1] << 16;
        }
      }
      MemorySegment.copy(
          block,
          0,
          memory.data(),
          ValueLayout.JAVA_INT,
          memory.at(panel, from * Short.BYTES),
          pairs * PANEL);
    }
  }

  @Override
  public long bytes() {
    return memory.data().byteSize();
  }

  @Override
  public void close() {
    memory.close();
  }
}
