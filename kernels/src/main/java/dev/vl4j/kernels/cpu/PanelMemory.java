package dev.vl4j.kernels.cpu;

import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.memory.SystemMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A prepared weight as panels of 32-bit words, [panel][depth in words][columns of a panel]. A word
 * holds consecutive input features of one output feature: two bfloat16 or four 8-bit integers.
 */
final class PanelMemory implements AutoCloseable {
  private final MemorySegment data;
  private final Runnable release;
  private final long panelBytes;
  private final int columns;
  private boolean closed;

  private PanelMemory(MemorySegment data, Runnable release, long panelBytes, int columns) {
    this.data = data;
    this.release = release;
    this.panelBytes = panelBytes;
    this.columns = columns;
  }

  /**
   * Memory from the system in huge pages where it has them, zeroed.
   *
   * @param depthBytes bytes of one column
   */
  static PanelMemory huge(int panels, int columns, int depthBytes) {
    SystemMemory system = new SystemMemory();
    long panelBytes = (long) depthBytes * columns;
    MemorySegment data = system.map(panels * panelBytes);
    system.adviseHugePages(data);
    return new PanelMemory(data, () -> system.unmap(data), panelBytes, columns);
  }

  /** Memory that needs nothing of the system, zeroed. */
  @SuppressWarnings("MustBeClosedChecker") // closed with this
  static PanelMemory plain(int panels, int columns, int depthBytes) {
    Arena arena = Arena.ofShared();
    long panelBytes = (long) depthBytes * columns;
    MemorySegment data = arena.allocate(panels * panelBytes, 64);
    return new PanelMemory(data, arena::close, panelBytes, columns);
  }

  /**
   * What such memory held in an earlier process, as somebody else has mapped it. Not to be written.
   *
   * @param depthBytes bytes of one column
   */
  static PanelMemory mapped(MemorySegment data, int columns, int depthBytes) {
    return new PanelMemory(data, () -> {}, (long) depthBytes * columns, columns);
  }

  static long bytes(int panels, int columns, int depthBytes) {
    return (long) panels * depthBytes * columns;
  }

  MemorySegment data() {
    if (closed) {
      throw new BackendException("linear: the weight is closed");
    }
    return data;
  }

  /**
   * Byte offset of a panel's words from a depth on.
   *
   * @param from bytes of a column before it, a multiple of 4
   */
  long at(int panel, int from) {
    return panel * panelBytes + (long) from * columns;
  }

  /** Address of what is {@link #at} there. */
  long address(int panel, int from) {
    return data().address() + at(panel, from);
  }

  long bytes() {
    return data.byteSize();
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      release.run();
    }
  }
}
