package dev.vl4j.kernels.aarch64;

import dev.vl4j.kernels.Formats;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

/**
 * A processor that runs kernels for aarch64, word by word, where the real one cannot: general
 * registers, the zero flag and vectors, as Arm's manual has them. What would fault there is an
 * {@link AssertionError} here, and so is an access outside the memory that a kernel was given.
 */
final class NeonMachine {
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;
  private static final int WORDS = 4;
  private static final int STACK_BYTES = 256;
  private static final int SP = 31;
  private static final int FIRST_KEPT = 18;
  private static final long UNKNOWN = 0x5A5A_0000_1234_5678L;

  private final NeonInstruction[] code;
  private final MemorySegment stack;
  private List<MemorySegment> memory = List.of();
  private final long[] registers = new long[32];
  private final int[] vectors = new int[32 * WORDS];
  private boolean zero;
  private long products;

  NeonMachine(byte[] code) {
    int[] words = new int[code.length / Integer.BYTES];
    ByteBuffer.wrap(code).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer().get(words);
    this.code =
        Arrays.stream(words).mapToObj(NeonInstruction::decode).toArray(NeonInstruction[]::new);
    stack = Arena.ofAuto().allocate(STACK_BYTES, 16);
  }

  /** Products of two elements so far. */
  long products() {
    return products;
  }

  /**
   * Calls the code as a function, as Arm's procedure call standard has it.
   *
   * @param usable memory that it may use; segments that are read-only it may not write
   */
  void call(List<MemorySegment> usable, long... arguments) {
    memory = new ArrayList<>(usable);
    memory.add(stack);
    Arrays.fill(registers, UNKNOWN);
    Arrays.fill(vectors, (int) UNKNOWN);
    System.arraycopy(arguments, 0, registers, 0, arguments.length);
    registers[SP] = stack.address() + STACK_BYTES;
    int at = 0;
    while (at >= 0) {
      if (at >= code.length) {
        throw new AssertionError("the code has no end");
      }
      at = execute(code[at], at);
    }
    check(registers[SP] == stack.address() + STACK_BYTES, () -> "the stack is not as it was");
    for (int i = FIRST_KEPT; i < SP; i++) {
      String name = "X" + i;
      check(registers[i] == UNKNOWN, () -> name + " belongs to the caller");
    }
    for (int i = 8; i < 16; i++) {
      String name = "D" + i;
      check(
          vectors[i * WORDS] == (int) UNKNOWN && vectors[i * WORDS + 1] == (int) UNKNOWN,
          () -> name + " belongs to the caller");
    }
  }

  private static void check(boolean right, Supplier<String> message) {
    if (!right) {
      throw new AssertionError(message.get());
    }
  }

  /** Executes an instruction and gives the number of the next; -1 for none. */
  private int execute(NeonInstruction i, int at) {
    int d = i.d() * WORDS;
    int n = i.n() * WORDS;
    int m = i.m() * WORDS;
    switch (i.operation()) {
      case BFMMLA -> bfmmla(d, n, m);
      case SMMLA -> smmla(d, n, m);
      case SDOT -> sdot(d, n, m, 1);
      case SDOT_ELEMENT -> sdot(d, n, m + i.immediate(), 0);
      case BFCVTN -> {
        convert(d, n);
        vectors[d + 2] = 0;
        vectors[d + 3] = 0;
      }
      case BFCVTN2 -> convert(d + 2, n);
      case FADD -> {
        for (int w = 0; w < WORDS; w++) {
          vectors[d + w] = Float.floatToRawIntBits(number(n + w) + number(m + w));
        }
      }
      case ADD_VECTOR -> {
        for (int w = 0; w < WORDS; w++) {
          vectors[d + w] = vectors[n + w] + vectors[m + w];
        }
      }
      case ADDP ->
          put(
              d,
              vectors[n] + vectors[n + 1],
              vectors[n + 2] + vectors[n + 3],
              vectors[m] + vectors[m + 1],
              vectors[m + 2] + vectors[m + 3]);
      case ZIP1 -> put(d, vectors[n], vectors[n + 1], vectors[m], vectors[m + 1]);
      case ZIP2 -> put(d, vectors[n + 2], vectors[n + 3], vectors[m + 2], vectors[m + 3]);
      case MOVI -> put(d, 0, 0, 0, 0);
      case DUP -> {
        int low = (int) registers[i.n()];
        int high = (int) (registers[i.n()] >>> Integer.SIZE);
        put(d, low, high, low, high);
      }
      case LDR_POST -> {
        load(d, registers[i.n()], WORDS);
        registers[i.n()] += i.immediate();
      }
      case STR_POST -> {
        store(d, registers[i.n()], WORDS);
        registers[i.n()] += i.immediate();
      }
      case LDP_VECTOR -> {
        load(d, registers[i.n()] + i.immediate(), WORDS);
        load(m, registers[i.n()] + i.immediate() + 16, WORDS);
      }
      case STP_VECTOR -> {
        store(d, registers[i.n()] + i.immediate(), WORDS);
        store(m, registers[i.n()] + i.immediate() + 16, WORDS);
      }
      case LDP_POST -> {
        long from = registers[i.n()];
        registers[i.n()] += i.immediate();
        registers[i.d()] = loadLong(from);
        registers[i.m()] = loadLong(from + Long.BYTES);
      }
      case PUSH -> {
        registers[SP] += i.immediate();
        store(d, registers[SP], 2);
        store(m, registers[SP] + Long.BYTES, 2);
      }
      case POP -> {
        put(d, 0, 0, 0, 0);
        put(m, 0, 0, 0, 0);
        load(d, registers[SP], 2);
        load(m, registers[SP] + Long.BYTES, 2);
        registers[SP] += i.immediate();
      }
      case PRFM -> {
        // It changes nothing that a program sees.
      }
      case MOV -> registers[i.d()] = registers[i.m()];
      case MOV_IMMEDIATE -> registers[i.d()] = i.immediate();
      case ADD -> registers[i.d()] = registers[i.n()] + registers[i.m()];
      case ADD_IMMEDIATE -> registers[i.d()] = registers[i.n()] + i.immediate();
      case SUBS -> {
        registers[i.d()] = registers[i.n()] - i.immediate();
        zero = registers[i.d()] == 0;
      }
      case BNE -> {
        return zero ? at + 1 : at + i.immediate() / Integer.BYTES;
      }
      case RET -> {
        return -1;
      }
    }
    return at + 1;
  }

  private void put(int d, int first, int second, int third, int fourth) {
    vectors[d] = first;
    vectors[d + 1] = second;
    vectors[d + 2] = third;
    vectors[d + 3] = fourth;
  }

  /** The memory that has so many bytes at an address. */
  private MemorySegment readable(long address, int bytes) {
    for (MemorySegment segment : memory) {
      long offset = address - segment.address();
      if (offset >= 0 && offset <= segment.byteSize() - bytes) {
        return segment;
      }
    }
    throw new AssertionError("%d bytes at %x are not the kernel's".formatted(bytes, address));
  }

  private MemorySegment writable(long address, int bytes) {
    MemorySegment segment = readable(address, bytes);
    check(!segment.isReadOnly(), () -> "what is at %x is only read".formatted(address));
    return segment;
  }

  /** Loads a vector, or the words of it that come first. */
  private void load(int d, long address, int words) {
    MemorySegment from = readable(address, words * Integer.BYTES);
    long offset = address - from.address();
    for (int w = 0; w < words; w++) {
      vectors[d + w] = from.get(INT, offset + (long) w * Integer.BYTES);
    }
  }

  private void store(int d, long address, int words) {
    MemorySegment to = writable(address, words * Integer.BYTES);
    long offset = address - to.address();
    for (int w = 0; w < words; w++) {
      to.set(INT, offset + (long) w * Integer.BYTES, vectors[d + w]);
    }
  }

  private long loadLong(long address) {
    MemorySegment from = readable(address, Long.BYTES);
    return from.get(LONG, address - from.address());
  }

  private float number(int word) {
    return Float.intBitsToFloat(vectors[word]);
  }

  private void convert(int d, int n) {
    for (int w = 0; w < 2; w++) {
      int low = Float.floatToRawIntBits(Formats.roundToBf16(number(n + 2 * w))) >>> Short.SIZE;
      int high = Float.floatToRawIntBits(Formats.roundToBf16(number(n + 2 * w + 1)));
      vectors[d + w] = high | low;
    }
  }

  private void smmla(int d, int n, int m) {
    int[] sums = new int[4];
    for (int i = 0; i < 4; i++) {
      int row = n + i / 2 * 2;
      int column = m + i % 2 * 2;
      sums[i] =
          vectors[d + i]
              + fourProducts(vectors[row], vectors[column])
              + fourProducts(vectors[row + 1], vectors[column + 1]);
    }
    put(d, sums[0], sums[1], sums[2], sums[3]);
    products += 32;
  }

  /**
   * @param step words from one operand of m to the next
   */
  private void sdot(int d, int n, int m, int step) {
    for (int w = 0; w < WORDS; w++) {
      vectors[d + w] += fourProducts(vectors[n + w], vectors[m + w * step]);
    }
    products += 16;
  }

  private static int fourProducts(int a, int b) {
    return (byte) a * (byte) b
        + (byte) (a >> 8) * (byte) (b >> 8)
        + (byte) (a >> 16) * (byte) (b >> 16)
        + (a >> 24) * (b >> 24);
  }

  /** As it is where FPCR.EBF is 0: no product is fused, and all roundings are to odd. */
  private void bfmmla(int d, int n, int m) {
    int[] sums = new int[4];
    for (int i = 0; i < 4; i++) {
      int row = n + i / 2 * 2;
      int column = m + i % 2 * 2;
      float sum = flushed(number(d + i));
      for (int k = 0; k < 2; k++) {
        sum = RoundToOdd.add(sum, pair(vectors[row + k], vectors[column + k]));
      }
      sums[i] = Float.floatToRawIntBits(sum);
    }
    put(d, sums[0], sums[1], sums[2], sums[3]);
    products += 16;
  }

  /** The sum of two products of bfloat16. */
  private static float pair(int a, int b) {
    return RoundToOdd.add(
        product(a << Short.SIZE, b << Short.SIZE), product(a & 0xFFFF0000, b & 0xFFFF0000));
  }

  private static float product(int a, int b) {
    // It has 16 bits, so nothing is lost before the exponent's range ends.
    return flushed(flushed(Float.intBitsToFloat(a)) * flushed(Float.intBitsToFloat(b)));
  }

  private static float flushed(float value) {
    return Math.abs(value) < Float.MIN_NORMAL ? Math.copySign(0f, value) : value;
  }
}
