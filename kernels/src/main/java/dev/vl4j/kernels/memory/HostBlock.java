package dev.vl4j.kernels.memory;

import java.lang.foreign.MemorySegment;

/**
 * Host memory that somebody owns until it is closed. Handles on it ask whether it still is: its
 * pages may have gone to somebody else.
 */
public final class HostBlock implements AutoCloseable {
  private final MemorySegment segment;
  private final long bytes;
  private final Runnable release;
  private volatile boolean open = true;

  /**
   * @param bytes that count as held
   * @param release run when it is closed, once
   */
  HostBlock(MemorySegment segment, long bytes, Runnable release) {
    this.segment = segment;
    this.bytes = bytes;
    this.release = release;
  }

  /** Memory that nobody gives back: a worker's scratch, or a file that somebody else has mapped. */
  public static HostBlock unowned(MemorySegment segment) {
    return new HostBlock(segment, 0, () -> {});
  }

  /** The memory, at least as large as it was asked for. */
  public MemorySegment segment() {
    return segment;
  }

  /** Bytes that it takes. */
  public long bytes() {
    return bytes;
  }

  public boolean isOpen() {
    return open;
  }

  /** Gives it back. Closing it again does nothing. */
  @Override
  public void close() {
    synchronized (this) {
      if (!open) {
        return;
      }
      open = false;
    }
    release.run();
  }
}
