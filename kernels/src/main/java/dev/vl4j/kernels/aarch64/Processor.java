package dev.vl4j.kernels.aarch64;

import dev.vl4j.kernels.tier.Architecture;
import dev.vl4j.kernels.tier.Feature;
import dev.vl4j.kernels.tier.TierChoice;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.LongUnaryOperator;

/**
 * What Linux says of the processor: the bits of {@code getauxval} (Linux,
 * arch/arm64/include/uapi/asm/hwcap.h).
 */
final class Processor implements TierChoice.Machine {
  private static final long AT_HWCAP = 16;
  private static final long AT_HWCAP2 = 26;
  private static final long HWCAP_ASIMDDP = 1 << 20;
  private static final long HWCAP2_I8MM = 1 << 13;
  private static final long HWCAP2_BF16 = 1 << 14;

  @Override
  public Architecture architecture() {
    return Architecture.AARCH64;
  }

  @Override
  public String refusal() {
    return Platform.refusal();
  }

  @Override
  public Set<Feature> features() {
    Assembler nothing = new Assembler();
    nothing.ret();
    ExecutableMemory.load(List.of(nothing.toBytes())).getFirst().call(0, 0, 0, 0);
    return features(Processor::auxiliaryValue);
  }

  /**
   * @param auxiliaryValue gives the entry of a type
   */
  static Set<Feature> features(LongUnaryOperator auxiliaryValue) {
    Set<Feature> found = EnumSet.noneOf(Feature.class);
    long first = auxiliaryValue.applyAsLong(AT_HWCAP);
    long second = auxiliaryValue.applyAsLong(AT_HWCAP2);
    put(found, Feature.ASIMDDP, first & HWCAP_ASIMDDP);
    put(found, Feature.I8MM, second & HWCAP2_I8MM);
    put(found, Feature.BF16, second & HWCAP2_BF16);
    return found;
  }

  private static void put(Set<Feature> features, Feature feature, long bit) {
    if (bit != 0) {
      features.add(feature);
    }
  }

  @SuppressWarnings("restricted") // asking the system is what it is for
  private static long auxiliaryValue(long type) {
    Linker linker = Linker.nativeLinker();
    MemorySegment address = linker.defaultLookup().findOrThrow("getauxval");
    MethodHandle function =
        linker.downcallHandle(
            address, FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));
    try {
      return (long) function.invokeExact(type);
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
  }
}
