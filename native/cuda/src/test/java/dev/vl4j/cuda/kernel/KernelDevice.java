package dev.vl4j.cuda.kernel;

import java.lang.foreign.MemorySegment;

/** Something that runs kernels at once, with memory that is no host's. */
public interface KernelDevice extends Launcher {
  /** Memory with these contents, at a multiple of 256. */
  long allocate(MemorySegment contents);

  /** Contents of memory. */
  byte[] read(long address, long bytes);
}
