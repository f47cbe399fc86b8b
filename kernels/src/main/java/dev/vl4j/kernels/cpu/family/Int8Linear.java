package dev.vl4j.kernels.cpu.family;

import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.PreparedStore;
import dev.vl4j.kernels.Quantization;
import dev.vl4j.kernels.memory.HostBlock;
import dev.vl4j.kernels.memory.HostMemory;
import dev.vl4j.kernels.x86.PackCode;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A weight in 8-bit integers, [panel][depth / group][columns of a panel][group], with a scale for
 * each column. Missing features are zero.
 */
public abstract class Int8Linear extends PanelLinear {
  /** Raised when the layout changes: it names what files hold of it. */
  private static final int LAYOUT = 1;

  private final PanelMemory memory;
  private final int panel;
  private final int depth;
  private final int group;
  private final int offset;
  private final boolean stored;

  /** For each column what a 1 stands for, float32, and what the offset adds to sums, int32. */
  private final MemorySegment scales;

  private final MemorySegment compensation;

  /**
   * @param stepBytes what the products' depth is padded to, a multiple of the group
   * @param group input features of a column that stand together, 4 or 8
   * @param offset what a kernel wants added to activations
   * @param store what it has is not packed again
   */
  protected Int8Linear(
      PackedRows rows, int stepBytes, int group, int offset, HostMemory host, PreparedStore store) {
    super(rows, OperandFormat.INT8);
    this.group = group;
    this.offset = offset;
    panel = rows.panel();
    if (inFeatures() > Quantization.LARGEST_DEPTH) {
      throw new BackendException(
          "prepare: int8 products hold %d input features at most, found %d"
              .formatted(Quantization.LARGEST_DEPTH, inFeatures()));
    }
    depth = Math.ceilDiv(inFeatures(), stepBytes) * stepBytes;
    long words = (long) panels() * panel * Integer.BYTES;
    long bytes = PanelMemory.bytes(panels(), panel, depth);
    MemorySegment found = store.find(rows.name(), bytes + 2 * words);
    stored = found != null;
    HostBlock block = found == null ? host.zeroed(bytes + 2 * words) : HostBlock.unowned(found);
    memory = new PanelMemory(block, bytes, panel, depth);
    scales = block.segment().asSlice(bytes, words);
    compensation = block.segment().asSlice(bytes + words, words);
  }

  /** Names the layout of stored memory: panels, scales, compensation. */
  protected static String layout(int panel, int stepBytes, int group, int offset) {
    return "int8 %s, layout %d, panels of %d, depth in steps of %d, offset %d"
        .formatted(group == 4 ? "quads" : "octets", LAYOUT, panel, stepBytes, offset);
  }

  /**
   * Packs rows, unless the store had them.
   *
   * @param code packs panels of {@link dev.vl4j.kernels.x86.MachineCode#PANEL} columns in groups of
   *     4; null for Java
   */
  protected final void pack(
      PackedRows rows, @Nullable PackCode code, PreparedStore store, WorkerPool pool) {
    if (!stored) {
      List<MemorySegment> all = List.of(memory.data(), scales, compensation);
      fill(() -> packPanels(rows, code, pool), store, rows.name(), all);
    }
  }

  private void packPanels(PackedRows rows, @Nullable PackCode code, WorkerPool pool) {
    @Nullable Packer[] packers = new Packer[pool.size()];
    try (Arena arena = Arena.ofShared()) {
      pool.run(
          panels(),
          (number, worker) -> {
            Packer packer = packers[worker];
            if (packer == null) {
              packer = new Packer(code, arena);
              packers[worker] = packer;
            }
            packer.pack(rows, number);
          });
    }
  }

  @Override
  public final boolean isOpen() {
    return memory.isOpen();
  }

  /** Input features, padded to the kernels' step. */
  public int depth() {
    return depth;
  }

  public PanelMemory memory() {
    return memory;
  }

  public int panelColumns() {
    return panel;
  }

  /** What a 1 stands for in each column of a panel, float32. */
  public MemorySegment scales(int panel) {
    return ofPanel(scales, panel);
  }

  /** What the offset adds to the sums of each column of a panel, int32. */
  public MemorySegment compensation(int panel) {
    return ofPanel(compensation, panel);
  }

  private MemorySegment ofPanel(MemorySegment all, int number) {
    long bytes = (long) panel * Integer.BYTES;
    return all.asSlice(number * bytes, bytes);
  }

  /** What a worker packs with. */
  private final class Packer {
    private final Int8Quantiser quantiser;
    private final @Nullable PanelTransposer transposer;

    /** [column][input feature], for the transposer. */
    private final MemorySegment quantised;

    /** The panel, where there is no transposer. */
    private final byte[] words;

    Packer(@Nullable PackCode code, Arena arena) {
      quantiser = new Int8Quantiser(inFeatures(), code, arena.allocate(64, 64));
      transposer = code == null ? null : new PanelTransposer(code, inFeatures(), depth, arena);
      quantised = arena.allocate((long) panel * inFeatures(), 64);
      words = new byte[transposer == null ? panel * depth : 0];
    }

    void pack(PackedRows rows, int number) {
      Arrays.fill(words, (byte) 0);
      for (int column = 0; column < panel; column++) {
        int index = number * panel + column;
        PackedRows.@Nullable Row source = rows.columns().get(index);
        if (source == null) {
          if (transposer != null) {
            transposer.clear(column);
          }
          continue;
        }
        MemorySegment row = quantised.asSlice((long) column * inFeatures(), inFeatures());
        scales.setAtIndex(ValueLayout.JAVA_FLOAT, index, quantiser.quantise(source, row));
        compensation.setAtIndex(ValueLayout.JAVA_INT, index, offset * quantiser.sum());
        if (transposer != null) {
          transposer.set(column, row);
        } else {
          scatter(row, column);
        }
      }
      if (transposer != null) {
        transposer.write(memory, number);
      } else {
        MemorySegment.copy(
            words, 0, memory.data(), ValueLayout.JAVA_BYTE, memory.at(number, 0), words.length);
      }
    }

    private void scatter(MemorySegment row, int column) {
      for (int k = 0; k < inFeatures(); k++) {
        words[(k / group * panel + column) * group + k % group] = row.get(ValueLayout.JAVA_BYTE, k);
      }
    }
  }

  @Override
  public long bytes() {
    return memory.data().byteSize() + scales.byteSize() + compensation.byteSize();
  }

  @Override
  public void close() {
    memory.close();
  }
}
