package dev.vl4j.kernels.cpu;

import static dev.vl4j.kernels.x86.MachineCode.PANEL;

import dev.vl4j.kernels.DType;
import dev.vl4j.kernels.Formats;
import dev.vl4j.kernels.HostMatrix;
import dev.vl4j.kernels.Linear;
import dev.vl4j.kernels.PreparedStore;
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
final class Bf16Linear implements Linear {
  /** Pairs of input features transposed together. */
  private static final int BLOCK = 128;

  /** Raised when the layout changes: it names what files hold of it. */
  private static final int LAYOUT = 1;

  private final PanelMemory memory;
  private final int outFeatures;
  private final int inFeatures;
  private final boolean gated;
  private final int panels;
  private final int depth;
  private final boolean stored;

  private Bf16Linear(PackedRows rows, int stepBytes, PreparedStore store) {
    outFeatures = rows.outFeatures();
    inFeatures = rows.inFeatures();
    gated = rows.gated();
    panels = rows.panels();
    int depthBytes = Math.ceilDiv(inFeatures * Short.BYTES, stepBytes) * stepBytes;
    depth = depthBytes / Short.BYTES;
    MemorySegment found = store.find(rows.name(), PanelMemory.bytes(panels, PANEL, depthBytes));
    stored = found != null;
    memory =
        found == null
            ? PanelMemory.huge(panels, PANEL, depthBytes)
            : PanelMemory.mapped(found, PANEL, depthBytes);
  }

  /** Names the layout of stored memory. */
  static String layout(int stepBytes) {
    return "bf16 pairs, layout %d, panels of %d, depth in steps of %d bytes"
        .formatted(LAYOUT, PANEL, stepBytes);
  }

  /**
   * @param rows in panels of {@link dev.vl4j.kernels.x86.MachineCode#PANEL} columns
   * @param stepBytes what the products' depth is padded to
   * @param code packs bfloat16 in native memory; null for Java
   * @param store what it has is not packed again
   */
  static Bf16Linear pack(
      PackedRows rows,
      int stepBytes,
      @Nullable PackCode code,
      PreparedStore store,
      WorkerPool pool) {
    Bf16Linear packed = new Bf16Linear(rows, stepBytes, store);
    if (packed.stored) {
      return packed;
    }
    boolean ready = false;
    try {
      if (code == null || !emits(rows.matrices())) {
        pool.run(packed.panels(), (panel, worker) -> packed.packPanel(rows.columns(), panel));
      } else {
        packed.transpose(rows.columns(), code, pool);
      }
      store.add(rows.name(), List.of(packed.memory.data()));
      ready = true;
    } finally {
      if (!ready) {
        packed.close();
      }
    }
    return packed;
  }

  int panels() {
    return panels;
  }

  /** Input features, padded to the kernels' step. */
  int depth() {
    return depth;
  }

  PanelMemory memory() {
    return memory;
  }

  private static boolean emits(List<HostMatrix> matrices) {
    return matrices.stream()
        .allMatch(matrix -> matrix.dtype() == DType.BF16 && matrix.data().isNative());
  }

  private void transpose(List<PackedRows.@Nullable Row> rows, PackCode code, WorkerPool pool) {
    int rowBytes = inFeatures * Short.BYTES;
    @Nullable PanelTransposer[] transposers = new PanelTransposer[pool.size()];
    try (Arena arena = Arena.ofShared()) {
      pool.run(
          panels,
          (panel, worker) -> {
            PanelTransposer transposer = transposers[worker];
            if (transposer == null) {
              transposer = new PanelTransposer(code, rowBytes, depth * Short.BYTES, arena);
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
        readBits(source, from, row, Math.min(2 * pairs, inFeatures - from));
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

  /** Part of a row as bfloat16, padded with zeros. */
  private void readBits(PackedRows.Row row, int from, short[] bits, int count) {
    HostMatrix matrix = row.matrix();
    long at = (long) row.index() * inFeatures + from;
    if (matrix.dtype() == DType.BF16) {
      MemorySegment.copy(
          matrix.data(), ValueLayout.JAVA_SHORT_UNALIGNED, at * Short.BYTES, bits, 0, count);
    } else {
      for (int k = 0; k < count; k++) {
        float rounded = Formats.roundToBf16(matrix.element(at + k));
        bits[k] = (short) (Float.floatToRawIntBits(rounded) >>> 16);
      }
    }
    for (int k = count; k < bits.length; k++) {
      bits[k] = 0;
    }
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
  public boolean gated() {
    return gated;
  }

  @Override
  public long bytes() {
    return memory.bytes();
  }

  @Override
  public void close() {
    memory.close();
  }
}
