package dev.vl4j.kernels.cpu.family;

import static dev.vl4j.kernels.x86.MachineCode.PANEL;

import dev.vl4j.kernels.x86.PackCode;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * Lays rows of operands out as a panel, {@code [depth in words][32]}, on emitted kernels. For one
 * worker; it sets all 32 rows, then writes the panel.
 */
public final class PanelTransposer {
  /** Bytes of a row that a turn of the kernel takes. */
  private static final int TURN_BYTES = PackCode.WORDS * Integer.BYTES;

  private static final int PANEL_BYTES = PANEL * Integer.BYTES;

  private final PackCode code;
  private final int rowBytes;
  private final int depthBytes;
  private final MemorySegment[] rows = new MemorySegment[PANEL];
  private final MemorySegment addresses;
  private final MemorySegment zeros;
  private final MemorySegment ends;
  private final MemorySegment endAddresses;
  private final MemorySegment block;

  /**
   * @param rowBytes bytes of a row
   * @param depthBytes bytes of a column of the panel, a multiple of 4; what a row lacks is zero
   */
  public PanelTransposer(PackCode code, int rowBytes, int depthBytes, Arena arena) {
    this.code = code;
    this.rowBytes = rowBytes;
    this.depthBytes = depthBytes;
    addresses = arena.allocate(PANEL * Long.BYTES, Long.BYTES);
    zeros = arena.allocate(rowBytes, 64);
    ends = arena.allocate(PANEL * TURN_BYTES, 64);
    endAddresses = arena.allocate(PANEL * Long.BYTES, Long.BYTES);
    for (int column = 0; column < PANEL; column++) {
      long end = ends.address() + (long) column * TURN_BYTES;
      endAddresses.setAtIndex(ValueLayout.JAVA_LONG, column, end);
    }
    block = arena.allocate(PackCode.WORDS * PANEL_BYTES, 64);
    Arrays.fill(rows, zeros);
  }

  /** A row of native memory, which is read when the panel is written. */
  public void set(int column, MemorySegment row) {
    rows[column] = row.asSlice(0, rowBytes);
    addresses.setAtIndex(ValueLayout.JAVA_LONG, column, row.address());
  }

  /** A column that has no row. */
  public void clear(int column) {
    set(column, zeros);
  }

  public void write(PanelMemory memory, int panel) {
    int turns = rowBytes / TURN_BYTES;
    if (turns > 0) {
      code.transpose(addresses.address(), 0, memory.address(panel, 0), turns);
    }
    for (int from = turns * TURN_BYTES; from < depthBytes; from += TURN_BYTES) {
      ends.fill((byte) 0);
      for (int column = 0; column < PANEL && from < rowBytes; column++) {
        int count = Math.min(TURN_BYTES, rowBytes - from);
        MemorySegment.copy(rows[column], from, ends, (long) column * TURN_BYTES, count);
      }
      code.transpose(endAddresses.address(), 0, block.address(), 1);
      long words = Math.min(PackCode.WORDS, (depthBytes - from) / Integer.BYTES);
      MemorySegment.copy(block, 0, memory.data(), memory.at(panel, from), words * PANEL_BYTES);
    }
  }
}
