package dev.vl4j.kernels.x86;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

/**
 * A processor that runs AMX kernels, byte by byte, where the real one cannot: general registers,
 * the zero flag, tiles and their shapes, as Intel's manual has them. What would fault there is an
 * {@link AssertionError} here, and so is an access outside the memory that a kernel was given.
 */
final class AmxMachine {
  private static final int TILES = 8;
  private static final int WORDS = 16;
  private static final int STACK_BYTES = 256;
  private static final List<Gp> KEPT = List.of(Gp.RBX, Gp.RBP, Gp.R12, Gp.R13, Gp.R14, Gp.R15);
  private static final long UNKNOWN = 0x5A5A_0000_1234_5678L;

  private final MemorySegment code;
  private final AmxInstruction[] decoded;
  private final MemorySegment stack;
  private List<MemorySegment> memory = List.of();
  private final long[] registers = new long[Gp.values().length];
  private final int[][] tiles = new int[TILES][WORDS * WORDS];
  private final int[] rows = new int[TILES];
  private final int[] words = new int[TILES];
  private boolean shaped;
  private boolean zero;
  private long products;
  private long shapings;
  private final List<Long> fetched = new ArrayList<>();

  AmxMachine(byte[] code) {
    Arena arena = Arena.ofAuto();
    this.code = arena.allocate(code.length, 64).copyFrom(MemorySegment.ofArray(code)).asReadOnly();
    stack = arena.allocate(STACK_BYTES, 64);
    decoded = new AmxInstruction[code.length];
  }

  /** Products of two elements so far. */
  long products() {
    return products;
  }

  /** How often the tiles were shaped so far. */
  long shapings() {
    return shapings;
  }

  /** Addresses of the lines that the last call fetched into the cache. */
  List<Long> fetched() {
    return fetched;
  }

  /**
   * Calls the code as a function, as System V has it.
   *
   * @param usable memory that it may use; segments that are read-only it may not write
   */
  void call(List<MemorySegment> usable, long... arguments) {
    memory = new ArrayList<>(usable);
    memory.add(code);
    memory.add(stack);
    fetched.clear();
    Arrays.fill(registers, UNKNOWN);
    Gp[] inRegisters = {Gp.RDI, Gp.RSI, Gp.RDX, Gp.RCX, Gp.R8, Gp.R9};
    for (int i = 0; i < Math.min(arguments.length, inRegisters.length); i++) {
      put(inRegisters[i], arguments[i]);
    }
    put(Gp.RSP, stack.address() + STACK_BYTES);
    for (int i = arguments.length - 1; i >= inRegisters.length; i--) {
      push(arguments[i]);
    }
    push(UNKNOWN); // the return address
    long top = get(Gp.RSP);
    int at = 0;
    while (at >= 0) {
      if (decoded[at] == null) {
        decoded[at] = AmxInstruction.decode(code, at);
      }
      at = execute(decoded[at]);
    }
    check(get(Gp.RSP) == top, () -> "the stack is not as it was");
    for (Gp register : KEPT) {
      check(get(register) == UNKNOWN, () -> register + " belongs to the caller");
    }
    check(!shaped, () -> "tiles are not released");
  }

  private static void check(boolean condition, Supplier<String> message) {
    if (!condition) {
      throw new AssertionError(message.get());
    }
  }

  private long get(Gp register) {
    return registers[register.number()];
  }

  private void put(Gp register, long value) {
    registers[register.number()] = value;
  }

  private void push(long value) {
    put(Gp.RSP, get(Gp.RSP) - Long.BYTES);
    at(get(Gp.RSP), Long.BYTES).set(ValueLayout.JAVA_LONG_UNALIGNED, 0, value);
  }

  private MemorySegment at(long address, long bytes) {
    for (MemorySegment segment : memory) {
      long offset = address - segment.address();
      if (offset >= 0 && offset + bytes <= segment.byteSize()) {
        return segment.asSlice(offset, bytes);
      }
    }
    throw new AssertionError("%d bytes at %x are not the kernel's".formatted(bytes, address));
  }

  /**
   * @return offset of the instruction to go on with; negative to return
   */
  private int execute(AmxInstruction instruction) {
    int next = instruction.at() + instruction.length();
    int register = instruction.register();
    switch (instruction.operation()) {
      case MOV_IMMEDIATE -> registers[register] = instruction.immediate();
      case MOV_LOAD ->
          registers[register] =
              at(address(instruction), Long.BYTES).get(ValueLayout.JAVA_LONG_UNALIGNED, 0);
      case LEA -> registers[register] = address(instruction);
      case ADD -> arithmetic(register, instruction.immediate());
      case SUB -> arithmetic(register, -(long) instruction.immediate());
      case PUSH -> push(registers[register]);
      case POP -> {
        long top = get(Gp.RSP);
        registers[register] = at(top, Long.BYTES).get(ValueLayout.JAVA_LONG_UNALIGNED, 0);
        put(Gp.RSP, top + Long.BYTES);
      }
      case JNE -> {
        return zero ? next : instruction.immediate();
      }
      case RET -> {
        return -1;
      }
      case PREFETCHT0, PREFETCHT1 -> fetched.add(address(instruction));
      case LDTILECFG -> shape(at(address(instruction), 64));
      case TILERELEASE -> release();
      case TILEZERO -> {
        usable(register);
        Arrays.fill(tiles[register], 0);
      }
      case TILELOADD -> load(instruction);
      case TILESTORED -> store(instruction);
      case TDPBF16PS, TDPBUSD -> multiply(instruction);
    }
    return next;
  }

  private void arithmetic(int register, long addend) {
    registers[register] += addend;
    zero = registers[register] == 0;
  }

  private long address(AmxInstruction instruction) {
    AmxInstruction.Address address = instruction.address();
    if (address.relative()) {
      return code.address() + instruction.at() + instruction.length() + address.displacement();
    }
    long index = address.index() < 0 ? 0 : registers[address.index()] * address.scale();
    return registers[address.base()] + index + address.displacement();
  }

  // ---- tiles ----

  private void release() {
    shaped = false;
    for (int tile = 0; tile < TILES; tile++) {
      Arrays.fill(tiles[tile], 0);
      rows[tile] = 0;
      words[tile] = 0;
    }
  }

  private void shape(MemorySegment bytes) {
    release();
    shaped = true;
    shapings++;
    check(bytes.get(ValueLayout.JAVA_BYTE, 0) == 1, () -> "ldtilecfg: the palette is not 1");
    for (int i = 1; i < 64; i++) {
      boolean reserved = i < 16 || (i >= 16 + 2 * TILES && i < 48) || i >= 48 + TILES;
      check(
          !reserved || bytes.get(ValueLayout.JAVA_BYTE, i) == 0,
          () -> "ldtilecfg: a reserved byte is not zero");
    }
    for (int tile = 0; tile < TILES; tile++) {
      int rowBytes = bytes.get(ValueLayout.JAVA_SHORT_UNALIGNED, 16 + 2 * tile);
      rows[tile] = bytes.get(ValueLayout.JAVA_BYTE, 48 + tile);
      words[tile] = rowBytes / Integer.BYTES;
      boolean none = rowBytes == 0 && rows[tile] == 0;
      boolean some = rowBytes > 0 && rowBytes <= 64 && rows[tile] > 0 && rows[tile] <= 16;
      check(none || some, () -> "ldtilecfg: a tile's shape is none");
      check(rowBytes % Integer.BYTES == 0, () -> "this machine knows tiles of whole words");
    }
  }

  private void usable(int tile) {
    check(shaped && rows[tile] > 0, () -> "tile %d has no shape".formatted(tile));
  }

  /** Rows of memory that a tile's rows come from or go to. */
  private MemorySegment row(AmxInstruction instruction, int row) {
    AmxInstruction.Address address = instruction.address();
    long distance = registers[address.index()] * address.scale();
    long start = registers[address.base()] + address.displacement() + row * distance;
    return at(start, (long) words[instruction.register()] * Integer.BYTES);
  }

  private void load(AmxInstruction instruction) {
    int tile = instruction.register();
    usable(tile);
    Arrays.fill(tiles[tile], 0);
    for (int row = 0; row < rows[tile]; row++) {
      MemorySegment.copy(
          row(instruction, row),
          ValueLayout.JAVA_INT_UNALIGNED,
          0,
          tiles[tile],
          row * WORDS,
          words[tile]);
    }
  }

  private void store(AmxInstruction instruction) {
    int tile = instruction.register();
    usable(tile);
    for (int row = 0; row < rows[tile]; row++) {
      MemorySegment.copy(
          tiles[tile],
          row * WORDS,
          row(instruction, row),
          ValueLayout.JAVA_INT_UNALIGNED,
          0,
          words[tile]);
    }
  }

  private void multiply(AmxInstruction instruction) {
    int sums = instruction.register();
    int left = instruction.other();
    int right = instruction.third();
    usable(sums);
    usable(left);
    usable(right);
    check(sums != left && sums != right && left != right, () -> instruction + ": a tile twice");
    check(
        rows[sums] == rows[left] && words[sums] == words[right] && words[left] == rows[right],
        () -> instruction + ": shapes do not fit");
    boolean isFloat = instruction.operation() == AmxInstruction.Operation.TDPBF16PS;
    for (int row = 0; row < rows[sums]; row++) {
      if (isFloat) {
        multiplyFloats(sums, left, right, row);
      } else {
        multiplyBytes(sums, left, right, row);
      }
    }
    products += (long) rows[sums] * words[sums] * words[left] * (isFloat ? 2 : 4);
  }

  private void multiplyBytes(int sums, int left, int right, int row) {
    for (int k = 0; k < words[left]; k++) {
      int unsigned = tiles[left][row * WORDS + k];
      for (int column = 0; column < words[sums]; column++) {
        int signed = tiles[right][k * WORDS + column];
        int sum = 0;
        for (int shift = 0; shift < 32; shift += 8) {
          sum += (unsigned >>> shift & 0xFF) * (byte) (signed >> shift);
        }
        tiles[sums][row * WORDS + column] += sum;
      }
    }
  }

  /** Even and odd elements are summed apart; each is a fused product and sum. */
  private void multiplyFloats(int sums, int left, int right, int row) {
    float[] even = new float[WORDS];
    float[] odd = new float[WORDS];
    for (int k = 0; k < words[left]; k++) {
      int pair = tiles[left][row * WORDS + k];
      for (int column = 0; column < words[sums]; column++) {
        int weights = tiles[right][k * WORDS + column];
        even[column] = fused(pair << 16, weights << 16, even[column]);
        odd[column] = fused(pair & 0xFFFF0000, weights & 0xFFFF0000, odd[column]);
      }
    }
    for (int column = 0; column < words[sums]; column++) {
      int at = row * WORDS + column;
      float sum = flushed(Float.intBitsToFloat(tiles[sums][at]));
      tiles[sums][at] = Float.floatToRawIntBits(flushed(sum + flushed(even[column] + odd[column])));
    }
  }

  private static float fused(int left, int right, float sum) {
    float a = flushed(Float.intBitsToFloat(left));
    float b = flushed(Float.intBitsToFloat(right));
    return flushed(Math.fma(a, b, sum));
  }

  /** Denormal numbers are zero, as operands and as results. */
  private static float flushed(float value) {
    return Math.abs(value) < Float.MIN_NORMAL ? Math.copySign(0f, value) : value;
  }
}
