package dev.vl4j.kernels.cpu.family;

import dev.vl4j.kernels.memory.HostBlock;
import java.lang.foreign.MemorySegment;

/**
 * A prepared weight as panels of 32-bit words, [panel][depth in words][columns of a panel]. A word
 * holds consecutive input features of one output feature: two bfloat16 or four 8-bit integers.
 */
public final class PanelMemory implements AutoCloseable {
  private final HostBlock block;
  private final MemorySegment data;
  private final long panelBytes;
  private final int columns;

  /**
   * @param block memory that begins with the panels, zeroed or as such memory was in an earlier
   *     process; is closed with this
   * @param bytes of the panels
   * @param columns of a panel
   * @param depthBytes bytes of one column
   */
  public PanelMemory(HostBlock block, long bytes, int columns, int depthBytes) {
    this.block = block;
    data = block.segment().asSlice(0, bytes);
    panelBytes = (long) depthBytes * columns;
    this.columns = columns;
  }

  public static long bytes(int panels, int columns, int depthBytes) {
    return (long) panels * depthBytes * columns;
  }

  /** All panels, one after the other. */
  public MemorySegment data() {
    return data;
  }

  public boolean isOpen() {
    return block.isOpen();
  }

  /**
   * Byte offset of a panel's words from a depth on.
   *
   * @param from bytes of a column before it, a multiple of 4
   */
  public long at(int panel, int from) {
    return panel * panelBytes + (long) from * columns;
  }

  /** Address of what is {@link #at} there. */
  public long address(int panel, int from) {
    return data.address() + at(panel, from);
  }

  @Override
  public void close() {
    block.close();
  }
}
