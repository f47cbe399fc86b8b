package dev.vl4j.kernels.x86;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.Supplier;

/** AMX kernels on {@link AmxMachine}: the same code, on processors that cannot run it. */
public final class AmxEmulation {
  private static final int CACHE_BYTES = 2 << 20;

  private AmxEmulation() {}

  /**
   * @param memory what a call may use
   */
  static Products products(AmxKernels.Dot dot, Supplier<List<MemorySegment>> memory) {
    return new AmxProducts(
        dot, CACHE_BYTES, code -> code.stream().map(kernel -> emulated(kernel, memory)).toList());
  }

  private static AmxProducts.Kernel emulated(byte[] code, Supplier<List<MemorySegment>> memory) {
    // A machine runs one call at a time, and workers make theirs at the same time.
    ThreadLocal<AmxMachine> machine = ThreadLocal.withInitial(() -> new AmxMachine(code));
    return (a, b, c, steps, strideA, strideC, tiles, fetch) ->
        machine.get().call(memory.get(), a, b, c, steps, strideA, strideC, tiles, fetch);
  }

  /**
   * Attention whose products are emulated; its softmax is not.
   *
   * @param memory what a call may use
   */
  static AttentionTiles attention(Supplier<List<MemorySegment>> memory) {
    return new AmxAttention(code ->
        code.stream()
            .map(kernel -> {
              ThreadLocal<AmxMachine> machine =
                  ThreadLocal.withInitial(() -> new AmxMachine(kernel));
              return (AmxAttention.Kernel) frame -> machine.get().call(memory.get(), frame);
            })
            .toList());
  }

  /** This processor's kernels with AMX's products and attention, which may use all memory. */
  @SuppressWarnings("restricted") // addresses are what kernels are given
  public static MachineCode machineCode() {
    MachineCode code = MachineCode.get();
    assumeTrue(code.hasInt8(), "not tested here: what AMX's products need beside them");
    List<MemorySegment> all = List.of(MemorySegment.NULL.reinterpret(Long.MAX_VALUE));
    return code.with(
        attention(() -> all),
        products(AmxKernels.Dot.BF16, () -> all),
        products(AmxKernels.Dot.INT8, () -> all));
  }
}
