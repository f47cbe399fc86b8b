package dev.vl4j.kernels.x86;

import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * A kernel that keeps a core busy with products on registers.
 *
 * @param operations done in a turn
 */
record Peak(MemorySegment entry, long operations) {
  private static Peak emit(byte[] code, long operations) {
    return new Peak(ExecutableMemory.load(List.of(code)).getFirst(), operations);
  }

  static Peak emit(TileKernels.Dot dot) {
    return emit(TileKernels.peak(dot), TileKernels.peakOperations(dot));
  }

  static Peak emit(AmxKernels.Dot dot) {
    return emit(AmxKernels.peak(dot), AmxKernels.peakOperations(dot));
  }

  /**
   * @return operations done
   */
  long run(long turns) {
    try {
      Calls.LONG_RUNNING.invokeExact(entry, turns);
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
    return turns * operations;
  }
}
