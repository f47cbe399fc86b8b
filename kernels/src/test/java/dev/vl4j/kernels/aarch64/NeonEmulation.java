package dev.vl4j.kernels.aarch64;

import dev.vl4j.kernels.tier.Architecture;
import dev.vl4j.kernels.tier.Feature;
import dev.vl4j.kernels.tier.Tier;
import dev.vl4j.kernels.tier.TierChoice;
import java.lang.foreign.MemorySegment;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/** Kernels for aarch64 on {@link NeonMachine}: the same code, on processors that cannot run it. */
public final class NeonEmulation {
  private NeonEmulation() {}

  /**
   * @param memory what a call may use
   */
  static Kernel.Loader loader(Supplier<List<MemorySegment>> memory) {
    return functions -> functions.stream().map(code -> emulated(code, memory)).toList();
  }

  private static Kernel emulated(byte[] code, Supplier<List<MemorySegment>> memory) {
    // A machine runs one call at a time, and workers make theirs at the same time.
    ThreadLocal<NeonMachine> machine = ThreadLocal.withInitial(() -> new NeonMachine(code));
    return (first, second, third, fourth) ->
        machine.get().call(memory.get(), first, second, third, fourth);
  }

  /** The kernels of a tier, which may use all memory. */
  @SuppressWarnings("restricted") // addresses are what kernels are given
  public static NeonCode code(Tier tier) {
    List<MemorySegment> all = List.of(MemorySegment.NULL.reinterpret(Long.MAX_VALUE));
    return NeonCode.emit(TierChoice.of(tier.toString(), new AnyMachine()), loader(() -> all));
  }

  /** A processor that has everything. */
  private static final class AnyMachine implements TierChoice.Machine {
    @Override
    public Architecture architecture() {
      return Architecture.AARCH64;
    }

    @Override
    public String refusal() {
      return "";
    }

    @Override
    public Set<Feature> features() {
      return EnumSet.allOf(Feature.class);
    }
  }
}
