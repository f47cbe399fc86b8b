package dev.vl4j.kernels.x86;

import dev.vl4j.kernels.tier.Feature;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;

/**
 * What the processor says of itself: the CPUID instruction (Intel's manual, volume 2, CPUID; AMD's
 * agrees on these leaves), and XGETBV for which registers the operating system saves.
 */
final class Processor {
  private static final int TILE_STATE = 3 << 17;
  private static final int ZMM_STATE = 0xE6;
  private static final int YMM_STATE = 6;

  /** Register of CPUID's answer: EAX, EBX, ECX, EDX in this order. */
  private static final int EAX = 0;

  private static final int EBX = 1;
  private static final int ECX = 2;
  private static final int EDX = 3;

  private static final int EXTENDED = 0x80000000;
  private static final int INTEL_CACHES = 4;
  private static final int AMD_CACHES = EXTENDED | 0x1D;
  private static final int MOST_CACHES = 16;

  /** The kind of a cache that holds instructions alone. */
  private static final int INSTRUCTIONS = 2;

  private Processor() {}

  /**
   * Features, as far as the operating system lets programs use them; none where {@link Platform}
   * refuses.
   */
  static Set<Feature> features() {
    if (!Platform.refusal().isEmpty()) {
      return EnumSet.noneOf(Feature.class);
    }
    try (Arena arena = Arena.ofConfined()) {
      return features(new Stub(arena));
    }
  }

  /** Answers CPUID and XGETBV. */
  interface Source {
    /** EAX, EBX, ECX and EDX for a leaf and its sub-leaf. */
    int[] cpuid(int leaf, int subleaf);

    /** The low half of extended control register 0. */
    int savedState();
  }

  static Set<Feature> features(Source source) {
    Set<Feature> found = EnumSet.noneOf(Feature.class);
    int highest = source.cpuid(0, 0)[EAX];
    int[] basic = source.cpuid(1, 0);
    boolean savesExtended = bit(basic[ECX], 27);
    if (highest < 7 || !savesExtended) {
      return found;
    }
    int saved = source.savedState();
    int[] seven = source.cpuid(7, 0);
    int[] sevenOne = seven[EAX] >= 1 ? source.cpuid(7, 1) : new int[4];
    if ((saved & YMM_STATE) == YMM_STATE) {
      put(found, Feature.FMA, bit(basic[ECX], 12));
      put(found, Feature.AVX2, bit(seven[EBX], 5));
      put(found, Feature.AVX_VNNI, bit(sevenOne[EAX], 4));
    }
    if ((saved & ZMM_STATE) == ZMM_STATE) {
      put(found, Feature.AVX512F, bit(seven[EBX], 16));
      put(found, Feature.AVX512BW, bit(seven[EBX], 30));
      put(found, Feature.AVX512VL, bit(seven[EBX], 31));
      put(found, Feature.AVX512_VNNI, bit(seven[ECX], 11));
      put(found, Feature.AVX512_BF16, bit(sevenOne[EAX], 5));
    }
    if ((saved & TILE_STATE) == TILE_STATE) {
      put(found, Feature.AMX_TILE, bit(seven[EDX], 24));
      put(found, Feature.AMX_INT8, bit(seven[EDX], 25));
      put(found, Feature.AMX_BF16, bit(seven[EDX], 22));
    }
    return found;
  }

  /** Bytes of a core's second-level cache; 0 if the processor does not say, or is no x86. */
  static int secondLevelCache() {
    if (!Platform.refusal().isEmpty()) {
      return 0;
    }
    try (Arena arena = Arena.ofConfined()) {
      return secondLevelCache(new Stub(arena));
    }
  }

  static int secondLevelCache(Source source) {
    // Both makers describe caches in the same way, under numbers of their own.
    for (int leaf : new int[] {INTEL_CACHES, AMD_CACHES}) {
      int range = leaf & EXTENDED;
      if (Integer.compareUnsigned(source.cpuid(range, 0)[EAX], leaf) < 0) {
        continue;
      }
      for (int number = 0; number < MOST_CACHES; number++) {
        int[] cache = source.cpuid(leaf, number);
        int kind = field(cache[EAX], 0, 5);
        if (kind == 0) {
          break;
        }
        if (kind != INSTRUCTIONS && field(cache[EAX], 5, 3) == 2) {
          int lineBytes = field(cache[EBX], 0, 12) + 1;
          int partitions = field(cache[EBX], 12, 10) + 1;
          int ways = field(cache[EBX], 22, 10) + 1;
          return lineBytes * partitions * ways * (cache[ECX] + 1);
        }
      }
    }
    return 0;
  }

  private static int field(int word, int from, int bits) {
    return word >>> from & ((1 << bits) - 1);
  }

  private static boolean bit(int word, int number) {
    return (word >>> number & 1) == 1;
  }

  private static void put(Set<Feature> features, Feature feature, boolean present) {
    if (present) {
      features.add(feature);
    }
  }

  /** CPUID itself, emitted: {@code void (int leaf, int subleaf, int[5] answer)}. */
  static byte[] code() {
    Assembler a = new Assembler();
    a.push(Gp.RBX); // belongs to the caller, and CPUID overwrites it
    a.mov(Gp.R8, Gp.RDX);
    a.mov(Gp.RAX, Gp.RDI);
    a.mov(Gp.RCX, Gp.RSI);
    a.cpuid();
    a.movd(Mem.at(Gp.R8), Gp.RAX);
    a.movd(Mem.at(Gp.R8, 4), Gp.RBX);
    a.movd(Mem.at(Gp.R8, 8), Gp.RCX);
    a.movd(Mem.at(Gp.R8, 12), Gp.RDX);
    a.pop(Gp.RBX);
    a.ret();
    return a.toBytes();
  }

  /** XGETBV of register 0: {@code void (int unused, int unused, int[1] answer)}. */
  static byte[] savedStateCode() {
    Assembler a = new Assembler();
    a.mov(Gp.R8, Gp.RDX);
    a.mov(Gp.RCX, 0);
    a.xgetbv();
    a.movd(Mem.at(Gp.R8), Gp.RAX);
    a.ret();
    return a.toBytes();
  }

  @SuppressWarnings("restricted") // asking the processor is what it is for
  private static final class Stub implements Source {
    /** Not static: Java may refuse it, and a class that fails to initialise says so badly. */
    private final MethodHandle function =
        Linker.nativeLinker()
            .downcallHandle(
                FunctionDescriptor.ofVoid(
                    ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.ADDRESS));

    private final MemorySegment cpuid;
    private final MemorySegment savedState;
    private final MemorySegment answer;

    Stub(Arena arena) {
      var entries = ExecutableMemory.load(Arrays.asList(code(), savedStateCode()));
      cpuid = entries.get(0);
      savedState = entries.get(1);
      answer = arena.allocate(ValueLayout.JAVA_INT, 4);
    }

    private int[] call(MemorySegment entry, long first, long second) {
      try {
        function.invokeExact(entry, first, second, answer);
      } catch (Throwable e) {
        throw new IllegalStateException("cpuid", e);
      }
      return answer.toArray(ValueLayout.JAVA_INT);
    }

    @Override
    public int[] cpuid(int leaf, int subleaf) {
      return call(cpuid, leaf, subleaf);
    }

    @Override
    public int savedState() {
      return call(savedState, 0, 0)[0];
    }
  }
}
