package dev.vl4j.kernels.x86;

import static dev.vl4j.kernels.x86.Gp.R8;
import static dev.vl4j.kernels.x86.Gp.RAX;
import static dev.vl4j.kernels.x86.Gp.RCX;
import static dev.vl4j.kernels.x86.Gp.RDI;
import static dev.vl4j.kernels.x86.Gp.RDX;
import static dev.vl4j.kernels.x86.Gp.RSI;

/** Generators of what lays out weights in panels, on 512 bits, and rounds them to 8 bits. */
final class PackKernels {
  /** Words of each row that a turn of {@link #transpose} takes, and lanes of a register. */
  static final int LANES = 16;

  private static final int VECTOR_BYTES = 64;

  /** Rows lie pages apart, too many at a time for the processor to fetch ahead by itself. */
  private static final int AHEAD = 4 * VECTOR_BYTES;

  private PackKernels() {}

  /**
   * Transposes {@link TileKernels#PANEL} rows of 32-bit words.
   *
   * <p>RDI: addresses of the rows; RSI: offset in bytes from them; RDX: target, {@link #LANES} rows
   * of a panel's words for each turn; RCX: turns, at least 1.
   */
  static byte[] transpose() {
    Assembler a = new Assembler();
    Label loop = new Label();
    a.bind(loop);
    int panelBytes = TileKernels.PANEL * Integer.BYTES;
    for (int first = 0; first < TileKernels.PANEL; first += LANES) {
      for (int row = 0; row < LANES; row++) {
        a.mov(RAX, Mem.at(RDI, (first + row) * Long.BYTES));
        a.prefetcht0(Mem.at(RAX, RSI, 1, AHEAD));
        a.vmovups(Vec.zmm(row), Mem.at(RAX, RSI, 1, 0));
      }
      square(a);
      for (int word = 0; word < LANES; word++) {
        a.vmovups(Mem.at(RDX, word * panelBytes + first * Integer.BYTES), Vec.zmm(word));
      }
    }
    a.add(RSI, VECTOR_BYTES);
    a.add(RDX, LANES * panelBytes);
    a.sub(RCX, 1);
    a.jump(Assembler.Condition.NOT_ZERO, loop);
    a.vzeroupper();
    a.ret();
    return a.toBytes();
  }

  /**
   * Pairs of bfloat16 as {@link FloatKernels#widen} reads them, of two vectors of rows: a word has
   * an element of one of the first rows in its low half, and of the row a vector further on in its
   * high half.
   *
   * <p>RDI: addresses of the rows; RSI: offset in bytes from them; RDX: target, a vector of words
   * for each element; RCX: turns of as many elements as a vector has words, at least 1.
   *
   * @param bits of registers: 512 for AVX-512, 256 for AVX2
   */
  static byte[] pairs(int bits) {
    Assembler a = new Assembler();
    boolean wide = bits == 512;
    int lanes = bits / Integer.SIZE;
    int vectorBytes = bits / Byte.SIZE;
    Vec high = Vec.of(bits, lanes);
    Label loop = new Label();
    a.bind(loop);
    for (int row = 0; row < lanes; row++) {
      Vec pair = Vec.of(bits, row);
      widened(a, pair, row);
      widened(a, high, row + lanes);
      a.vpslld(high, high, Short.SIZE);
      a.vpaddd(pair, pair, high); // they have no bit in common
    }
    if (wide) {
      square(a);
    } else {
      NarrowPackKernels.square(a);
    }
    for (int element = 0; element < lanes; element++) {
      Vec words = wide ? Vec.zmm(element) : NarrowPackKernels.transposed(element);
      a.vmovups(Mem.at(RDX, element * vectorBytes), words);
    }
    a.add(RSI, lanes * Short.BYTES);
    a.add(RDX, lanes * vectorBytes);
    a.sub(RCX, 1);
    a.jump(Assembler.Condition.NOT_ZERO, loop);
    a.vzeroupper();
    a.ret();
    return a.toBytes();
  }

  /** Loads 16 bits of a row into each lane. */
  private static void widened(Assembler a, Vec to, int row) {
    a.mov(RAX, Mem.at(RDI, row * Long.BYTES));
    a.prefetcht0(Mem.at(RAX, RSI, 1, AHEAD));
    a.vpmovzxwd(to, Mem.at(RAX, RSI, 1, 0));
  }

  /** Transposes 16 registers of 16 lanes, with the 16 others as scratch. */
  private static void square(Assembler a) {
    // Pairs of rows, then fours: register 4 g + j has, in quarter q, lane 4 q + j of rows 4 g on.
    for (int i = 0; i < LANES; i += 2) {
      a.vpunpckldq(Vec.zmm(16 + i), Vec.zmm(i), Vec.zmm(i + 1));
      a.vpunpckhdq(Vec.zmm(17 + i), Vec.zmm(i), Vec.zmm(i + 1));
    }
    for (int i = 0; i < LANES; i += 4) {
      for (int half = 0; half < 2; half++) {
        a.vpunpcklqdq(Vec.zmm(i + 2 * half), Vec.zmm(16 + i + half), Vec.zmm(18 + i + half));
        a.vpunpckhqdq(Vec.zmm(i + 2 * half + 1), Vec.zmm(16 + i + half), Vec.zmm(18 + i + half));
      }
    }
    // Even and odd quarters of two registers: 0x88 and 0xDD; twice is a transposition of quarters.
    for (int j = 0; j < 4; j++) {
      a.vshuff32x4(Vec.zmm(16 + j), Vec.zmm(j), Vec.zmm(4 + j), 0x88);
      a.vshuff32x4(Vec.zmm(20 + j), Vec.zmm(j), Vec.zmm(4 + j), 0xDD);
      a.vshuff32x4(Vec.zmm(24 + j), Vec.zmm(8 + j), Vec.zmm(12 + j), 0x88);
      a.vshuff32x4(Vec.zmm(28 + j), Vec.zmm(8 + j), Vec.zmm(12 + j), 0xDD);
    }
    for (int j = 0; j < 4; j++) {
      a.vshuff32x4(Vec.zmm(j), Vec.zmm(16 + j), Vec.zmm(24 + j), 0x88);
      a.vshuff32x4(Vec.zmm(4 + j), Vec.zmm(20 + j), Vec.zmm(28 + j), 0x88);
      a.vshuff32x4(Vec.zmm(8 + j), Vec.zmm(16 + j), Vec.zmm(24 + j), 0xDD);
      a.vshuff32x4(Vec.zmm(12 + j), Vec.zmm(20 + j), Vec.zmm(28 + j), 0xDD);
    }
  }

  /**
   * The largest magnitudes of bfloat16, by lanes, as bits.
   *
   * <p>RDI: the elements; RSI: turns of {@link #LANES} of them, at least 1; RDX: address of an
   * int32 with all bits of a bfloat16 but its sign; RCX: gets 16 int32.
   *
   * @param bits of registers: 512 for AVX-512, 256 for AVX2
   */
  static byte[] largest(int bits) {
    Assembler a = new Assembler();
    Vec magnitude = Vec.of(bits, 1);
    Vec[] largest = registers(bits, 2);
    Vec element = Vec.of(bits, 4);
    a.vpbroadcastd(magnitude, Mem.at(RDX));
    for (Vec of : largest) {
      a.vpxor(of, of, of);
    }
    Label loop = new Label();
    a.bind(loop);
    a.prefetcht0(Mem.at(RDI, AHEAD));
    for (int i = 0; i < largest.length; i++) {
      a.vpmovzxwd(element, Mem.at(RDI, i * bits / 16));
      a.vpand(element, element, magnitude);
      a.vpmaxsd(largest[i], largest[i], element);
    }
    a.add(RDI, LANES * Short.BYTES);
    a.sub(RSI, 1);
    a.jump(Assembler.Condition.NOT_ZERO, loop);
    store(a, RCX, largest);
    a.vzeroupper();
    a.ret();
    return a.toBytes();
  }

  /**
   * Divides bfloat16 by a step and rounds them to bytes, to nearest even.
   *
   * <p>RDI: the elements; RSI: target; RDX: turns of {@link #LANES} elements, at least 1; RCX:
   * address of the step, float32; R8: gets 16 int32 of sums by lanes.
   *
   * @param bits of registers: 512 for AVX-512, 256 for AVX2
   */
  static byte[] quantise(int bits) {
    Assembler a = new Assembler();
    Vec step = Vec.of(bits, 1);
    Vec[] sums = registers(bits, 2);
    Vec[] values = registers(bits, 4);
    a.vbroadcastss(step, Mem.at(RCX));
    for (Vec sum : sums) {
      a.vpxor(sum, sum, sum);
    }
    Label loop = new Label();
    a.bind(loop);
    for (int i = 0; i < values.length; i++) {
      a.vpmovzxwd(values[i], Mem.at(RDI, i * bits / 16));
      a.vpslld(values[i], values[i], Short.SIZE);
      a.vdivps(values[i], values[i], step);
      a.vcvtps2dq(values[i], values[i]);
      a.vpaddd(sums[i], sums[i], values[i]);
    }
    if (values.length == 1) {
      a.vpmovdb(Mem.at(RSI), values[0]);
    } else {
      a.vmovups(Mem.at(RSI), NarrowPackKernels.bytes(a, values[0], values[1]));
    }
    a.add(RDI, LANES * Short.BYTES);
    a.add(RSI, LANES);
    a.sub(RDX, 1);
    a.jump(Assembler.Condition.NOT_ZERO, loop);
    store(a, R8, sums);
    a.vzeroupper();
    a.ret();
    return a.toBytes();
  }

  /** Registers for a 32-bit lane of each element of a turn. */
  private static Vec[] registers(int bits, int first) {
    Vec[] registers = new Vec[LANES * Integer.SIZE / bits];
    for (int i = 0; i < registers.length; i++) {
      registers[i] = Vec.of(bits, first + i);
    }
    return registers;
  }

  private static void store(Assembler a, Gp to, Vec[] registers) {
    for (int i = 0; i < registers.length; i++) {
      a.vmovups(Mem.at(to, i * registers[i].bits() / 8), registers[i]);
    }
  }
}
