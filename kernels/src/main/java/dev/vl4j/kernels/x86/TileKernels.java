package dev.vl4j.kernels.x86;

import static dev.vl4j.kernels.x86.Gp.R10;
import static dev.vl4j.kernels.x86.Gp.R11;
import static dev.vl4j.kernels.x86.Gp.R8;
import static dev.vl4j.kernels.x86.Gp.R9;
import static dev.vl4j.kernels.x86.Gp.RAX;
import static dev.vl4j.kernels.x86.Gp.RCX;
import static dev.vl4j.kernels.x86.Gp.RDI;
import static dev.vl4j.kernels.x86.Gp.RDX;
import static dev.vl4j.kernels.x86.Gp.RSI;

import java.util.ArrayList;
import java.util.List;

/**
 * Generator of the tiles of matrix products, {@code C = [C +] A B}: a few rows of A with one panel
 * of B.
 *
 * <p>A lane of a dot-product instruction multiplies one word, 4 bytes of A, with 4 bytes of B: two
 * bfloat16 or four 8-bit integers. B is a panel of words, [depth in words][{@link #PANEL}], so a
 * word of A meets the words of all columns in consecutive vectors.
 *
 * <p>Arguments come in the order of the System V calling convention. RDI: A, rows of words; RSI: B;
 * RDX: C, rows of {@link #PANEL} 32-bit sums; RCX: turns of {@link #STEP_BYTES}; R8: bytes from one
 * row of A to the next; R9: bytes from one row of C to the next; on the stack: what to fetch into
 * the cache meanwhile, some lines each turn.
 */
final class TileKernels {
  /** Rows of the largest tile: 12 x 2 sums, two vectors of weights and the rest for activations. */
  static final int ROWS = 12;

  /** Columns of a panel. */
  static final int PANEL = 32;

  /** Bytes of a row of A in one turn of the loop; rows are padded with zeros to a multiple. */
  static final int STEP_BYTES = 16;

  /** Lines of B that one turn reads. */
  static final int STEP_LINES = STEP_BYTES * PANEL / 64;

  static final int LINE_BYTES = 64;

  private static final int WORD = 4;

  /** Where lines are fetched from. */
  private static final Gp FETCH = Gp.R12;

  /** Bytes of a panel's words that meet one word of A, and of a row of its sums. */
  private static final int PANEL_BYTES = PANEL * WORD;

  private TileKernels() {}

  /** What is multiplied, and on which registers. */
  enum Dot {
    /** Pairs of bfloat16, AVX-512 BF16; float32 sums. */
    BF16_ZMM(512, 12),
    /** Four unsigned with four signed bytes, AVX-512 VNNI; int32 sums. */
    INT8_ZMM(512, 12),
    /** The same with AVX-VNNI. */
    INT8_YMM(256, 6),
    /**
     * Four signed with four signed bytes, the former above -128, AVX2. {@code vpmaddubsw} wants an
     * unsigned operand and saturates sums of two products, but {@code |b| * (sign(b) a)} twice is
     * 32512 at most.
     */
    INT8_AVX2(256, 4);

    private final int bits;
    private final int rowsAtOnce;

    Dot(int bits, int rowsAtOnce) {
      this.bits = bits;
      this.rowsAtOnce = rowsAtOnce;
    }

    /** The register of a row's sums with half of a panel, where {@link #sums} leaves it. */
    Vec sum(int row, int half) {
      return new Registers(this).sum(row, half);
    }

    boolean isSignedSigned() {
      return this == INT8_AVX2;
    }
  }

  /** Registers of a tile: sums from 0 on, then two of weights, then the others. */
  private record Registers(Dot dot) {
    Vec at(int number) {
      return new Vec(number, dot.bits);
    }

    Vec sum(int row, int vector) {
      return at(2 * row + vector);
    }

    Vec weights(int vector) {
      return at(2 * dot.rowsAtOnce + vector);
    }

    /** On 512 bits there are registers for several at once. */
    Vec activation(int row) {
      return at(2 * dot.rowsAtOnce + 2 + (dot.bits == 512 ? row & 3 : 0));
    }

    Vec product() {
      return at(2 * dot.rowsAtOnce + 3);
    }

    Vec ones() {
      return at(2 * dot.rowsAtOnce + 4);
    }

    Vec magnitude(int vector) {
      return at(2 * dot.rowsAtOnce + 5 + vector);
    }
  }

  /**
   * A tile as a function.
   *
   * @param rows 1 to {@link #ROWS}
   * @param accumulate whether C is added to; otherwise it is overwritten
   * @param lines to fetch in each turn: 0, 1, 2, 4 or 8; on 256 bits they are left to the processor
   */
  static byte[] tile(Dot dot, int rows, boolean accumulate, int lines) {
    Assembler a = new Assembler();
    if (dot.bits == 512) {
      if (lines > 0) {
        a.push(FETCH);
        a.mov(FETCH, Mem.at(Gp.RSP, 2 * Long.BYTES));
      }
      wide(a, dot, rows, accumulate, lines);
      if (lines > 0) {
        a.pop(FETCH);
      }
    } else {
      narrow(a, dot, rows, accumulate);
    }
    a.vzeroupper();
    a.ret();
    return a.toBytes();
  }

  /**
   * A tile on 512-bit registers, as part of a larger kernel. Leaves RSI after the panel's part, R8
   * and R9 as they are, and changes RDI, RDX, RCX, RAX, R10, R11 and vectors, and {@link #FETCH} if
   * it fetches.
   */
  static void wide(Assembler a, Dot dot, int rows, boolean accumulate, int lines) {
    Registers registers = new Registers(dot);
    block(a, registers, rows, 0, lines);
    for (int row = 0; row < rows; row++) {
      store(a, registers, row, accumulate, 0);
      if (row < rows - 1) {
        a.add(RDX, R9);
      }
    }
  }

  /**
   * The sums of a tile on 512-bit registers, left there. Changes what {@link #wide} changes but for
   * RDX, and vectors up to 29.
   */
  static void sums(Assembler a, Dot dot, int rows) {
    block(a, new Registers(dot), rows, 0, 0);
  }

  /** Half a panel at a time, and as many rows at a time as there are registers for. */
  private static void narrow(Assembler a, Dot dot, int rows, boolean accumulate) {
    Registers registers = new Registers(dot);
    List<Gp> saved = List.of(RDI, RSI, RCX);
    if (dot.isSignedSigned()) {
      // Ones as 16-bit integers: all bits set, less 15 of 16.
      Vec ones = registers.ones();
      a.vpcmpeqd(ones, ones, ones);
      a.vpsrlw(ones, ones, 15);
    }
    for (int from = 0; from < rows; from += dot.rowsAtOnce) {
      int count = Math.min(dot.rowsAtOnce, rows - from);
      for (int half = 0; half < 2; half++) {
        saved.forEach(a::push);
        block(a, registers, count, half * PANEL_BYTES / 2, 0);
        saved.reversed().forEach(a::pop);
        a.push(RDX);
        for (int row = 0; row < count; row++) {
          store(a, registers, row, accumulate, half * PANEL_BYTES / 2);
          a.add(RDX, R9);
        }
        a.pop(RDX);
      }
      for (int row = 0; row < count; row++) {
        a.add(RDI, R8);
        a.add(RDX, R9);
      }
    }
  }

  /** The sums of some rows with two vectors of columns. */
  private static void block(Assembler a, Registers registers, int rows, int column, int lines) {
    Dot dot = registers.dot;
    int vectorBytes = dot.bits / 8;
    // A row's address is one of three bases plus 0 to 3 strides.
    a.lea(RAX, Mem.at(R8, R8, 2, 0));
    Gp[] bases = {RDI, R10, R11};
    for (int group = 1; 4 * group < rows; group++) {
      a.lea(bases[group], Mem.at(bases[group - 1], R8, 4, 0));
    }
    for (int row = 0; row < rows; row++) {
      for (int vector = 0; vector < 2; vector++) {
        Vec sum = registers.sum(row, vector);
        a.vpxor(sum, sum, sum);
      }
    }
    Label loop = new Label();
    a.bind(loop);
    for (int word = 0; word < STEP_BYTES / WORD; word++) {
      for (int vector = 0; vector < 2; vector++) {
        a.vmovups(
            registers.weights(vector),
            Mem.at(RSI, word * PANEL_BYTES + column + vector * vectorBytes));
        if (dot.isSignedSigned()) {
          a.vpabsb(registers.magnitude(vector), registers.weights(vector));
        }
      }
      for (int row = 0; row < rows; row++) {
        multiply(a, registers, row, word(bases[row / 4], row % 4, word * WORD));
      }
      int words = STEP_BYTES / WORD;
      for (int line = word * lines / words; line < (word + 1) * lines / words; line++) {
        fetch(a, Mem.at(FETCH, line * LINE_BYTES), lines == STEP_LINES);
      }
    }
    if (lines > 0) {
      a.add(FETCH, lines * LINE_BYTES);
    }
    for (int group = 0; 4 * group < rows; group++) {
      a.add(bases[group], STEP_BYTES);
    }
    a.add(RSI, STEP_BYTES / WORD * PANEL_BYTES);
    a.sub(RCX, 1);
    a.jump(Assembler.Condition.NOT_ZERO, loop);
  }

  /** A tile that reads as fast as it fetches wants its lines near, others in the second level. */
  private static void fetch(Assembler a, Mem line, boolean near) {
    if (near) {
      a.prefetcht0(line);
    } else {
      a.prefetcht1(line);
    }
  }

  private static void multiply(Assembler a, Registers registers, int row, Mem word) {
    a.vpbroadcastd(registers.activation(row), word);
    for (int vector = 0; vector < 2; vector++) {
      dot(a, registers, registers.sum(row, vector), registers.activation(row), vector);
    }
  }

  private static void dot(Assembler a, Registers registers, Vec sum, Vec activation, int vector) {
    Vec weights = registers.weights(vector);
    switch (registers.dot) {
      case BF16_ZMM -> a.vdpbf16ps(sum, activation, weights);
      case INT8_ZMM, INT8_YMM -> a.vpdpbusd(sum, activation, weights);
      case INT8_AVX2 -> {
        Vec product = registers.product();
        a.vpsignb(product, activation, weights);
        a.vpmaddubsw(product, registers.magnitude(vector), product);
        a.vpmaddwd(product, product, registers.ones());
        a.vpaddd(sum, sum, product);
      }
    }
  }

  private static void store(
      Assembler a, Registers registers, int row, boolean accumulate, int column) {
    for (int vector = 0; vector < 2; vector++) {
      Vec sum = registers.sum(row, vector);
      Mem target = Mem.at(RDX, column + vector * registers.dot.bits / 8);
      if (accumulate && registers.dot == Dot.BF16_ZMM) {
        a.vaddps(sum, sum, target);
      } else if (accumulate) {
        a.vpaddd(sum, sum, target);
      }
      a.vmovups(target, sum);
    }
  }

  private static Mem word(Gp base, int strides, int displacement) {
    return switch (strides) {
      case 0 -> Mem.at(base, displacement);
      case 1 -> Mem.at(base, R8, 1, displacement);
      case 2 -> Mem.at(base, R8, 2, displacement);
      default -> Mem.at(base, RAX, 1, displacement);
    };
  }

  /** Turns of {@link #peak}'s loop do so many instructions. */
  private static final int PEAK_INSTRUCTIONS = 24;

  /** Operations of one turn of {@link #peak}, a product and a sum counted as two. */
  static long peakOperations(Dot dot) {
    int products = dot == Dot.BF16_ZMM ? 2 : 4;
    return (long) peakSums(dot) * (dot.bits / 32) * products * 2;
  }

  private static int peakSums(Dot dot) {
    return dot.bits == 512 ? PEAK_INSTRUCTIONS : 2 * dot.rowsAtOnce;
  }

  /**
   * The most products a core can do: every operand in a register.
   *
   * <p>RDI: turns, each of {@link #peakOperations}.
   */
  static byte[] peak(Dot dot) {
    Assembler a = new Assembler();
    Registers registers = new Registers(dot);
    List<Vec> all = new ArrayList<>();
    for (int i = 0; i < (dot.bits == 512 ? 32 : 16); i++) {
      all.add(registers.at(i));
    }
    all.forEach(vector -> a.vpxor(vector, vector, vector));
    Label loop = new Label();
    a.bind(loop);
    for (int i = 0; i < peakSums(dot); i++) {
      dot(a, registers, registers.at(i), registers.activation(0), i & 1);
    }
    a.sub(RDI, 1);
    a.jump(Assembler.Condition.NOT_ZERO, loop);
    a.vzeroupper();
    a.ret();
    return a.toBytes();
  }
}
