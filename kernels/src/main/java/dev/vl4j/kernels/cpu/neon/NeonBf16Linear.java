package dev.vl4j.kernels.cpu.neon;

import static dev.vl4j.kernels.aarch64.NeonProducts.PANEL;

import dev.vl4j.kernels.Epilogue;
import dev.vl4j.kernels.Operand;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.PreparedStore;
import dev.vl4j.kernels.aarch64.NeonCode;
import dev.vl4j.kernels.aarch64.NeonProducts;
import dev.vl4j.kernels.cpu.family.PackedRows;
import dev.vl4j.kernels.cpu.family.PanelLinear;
import dev.vl4j.kernels.cpu.family.PanelMemory;
import dev.vl4j.kernels.memory.ForwardMemory;
import dev.vl4j.kernels.memory.HostBlock;
import dev.vl4j.kernels.memory.HostTensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A weight in bfloat16 that {@link NeonBf16Product} multiplies with: {@code [panel][depth /
 * 4][32][4]}. Missing features are zero.
 */
final class NeonBf16Linear extends PanelLinear {
  /** Elements of a column that stand together. */
  private static final int GROUP = NeonCode.ROUNDED_LINE;

  /** Input features laid out together: small enough for the first-level cache. */
  private static final int BLOCK = 256;

  /** Raised when the layout changes: it names what files hold of it. */
  private static final int LAYOUT = 1;

  private final NeonKernels kernels;
  private final PanelMemory memory;
  private final int depth;
  private final boolean stored;

  private NeonBf16Linear(NeonKernels kernels, PackedRows rows, PreparedStore store) {
    super(rows, OperandFormat.BF16);
    this.kernels = kernels;
    depth = Math.ceilDiv(inFeatures(), GROUP) * GROUP;
    long bytes = PanelMemory.bytes(panels(), PANEL, depthBytes());
    MemorySegment found = store.find(rows.name(), bytes);
    stored = found != null;
    HostBlock block = found == null ? kernels.memory().zeroed(bytes) : HostBlock.unowned(found);
    memory = new PanelMemory(block, bytes, PANEL, depthBytes());
  }

  /** Names the layout of stored memory. */
  static String layout() {
    return "bf16 quads, layout %d, panels of %d".formatted(LAYOUT, PANEL);
  }

  /**
   * @param rows in panels of {@link NeonProducts#PANEL} columns
   * @param store what it has is not packed again
   */
  static NeonBf16Linear pack(NeonKernels kernels, PackedRows rows, PreparedStore store) {
    NeonBf16Linear packed = new NeonBf16Linear(kernels, rows, store);
    if (!packed.stored) {
      packed.fill(() -> packed.packPanels(rows), store, rows.name(), List.of(packed.memory.data()));
    }
    return packed;
  }

  private void packPanels(PackedRows rows) {
    kernels.pool().run(panels(), (panel, worker) -> packPanel(rows.columns(), panel));
  }

  private void packPanel(List<PackedRows.@Nullable Row> rows, int panel) {
    short[] block = new short[BLOCK * PANEL];
    short[] row = new short[BLOCK];
    for (int from = 0; from < depth; from += BLOCK) {
      int length = Math.min(BLOCK, depth - from);
      for (int column = 0; column < PANEL; column++) {
        PackedRows.Row source = rows.get(panel * PANEL + column);
        if (source == null) {
          continue; // the block has zeros there
        }
        source.readBf16(from, row, Math.min(length, inFeatures() - from));
        for (int k = 0; k < length; k += GROUP) {
          System.arraycopy(row, k, block, k * PANEL + column * GROUP, GROUP);
        }
      }
      long to = memory.at(panel, from * Short.BYTES);
      MemorySegment.copy(block, 0, memory.data(), ValueLayout.JAVA_SHORT, to, length * PANEL);
    }
  }

  int depthBytes() {
    return depth * Short.BYTES;
  }

  PanelMemory memory() {
    return memory;
  }

  @Override
  public boolean isOpen() {
    return memory.isOpen();
  }

  @Override
  public boolean rounds() {
    return false;
  }

  @Override
  public void multiply(Operand x, Epilogue epilogue, Operand out, ForwardMemory memory) {
    HostTensor from = HostTensor.of(x);
    long bytes = NeonProducts.bytes(from.rows(), depthBytes());
    MemorySegment operands = memory.scratch(bytes).segment();
    new NeonBf16Product(kernels.code(), from, this, epilogue, HostTensor.of(out), operands)
        .run(kernels.pool(), kernels.products());
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
