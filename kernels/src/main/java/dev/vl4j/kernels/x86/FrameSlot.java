package dev.vl4j.kernels.x86;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** An argument of a kernel: a 64-bit word of a frame in memory, whose layout is an enum's order. */
public interface FrameSlot {
  /** Its place in the frame, as {@link Enum#ordinal}. */
  int ordinal();

  /** Byte offset in the frame. */
  default int offset() {
    return Long.BYTES * ordinal();
  }

  /** Sets the argument in a frame. */
  default void put(MemorySegment frame, long value) {
    frame.set(ValueLayout.JAVA_LONG, offset(), value);
  }
}
