package dev.vl4j.kernels.x86;

import static dev.vl4j.kernels.x86.Gp.R8;
import static dev.vl4j.kernels.x86.Gp.R9;
import static dev.vl4j.kernels.x86.Gp.RAX;
import static dev.vl4j.kernels.x86.Gp.RCX;
import static dev.vl4j.kernels.x86.Gp.RDI;
import static dev.vl4j.kernels.x86.Gp.RDX;
import static dev.vl4j.kernels.x86.Gp.RSI;

import dev.vl4j.kernels.Quantization;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Generators of what 8-bit products need beside their tiles: from float32 to digits and from sums
 * back to float32.
 */
final class Int8Kernels {
  /** Elements that quantising takes in a turn. */
  static final int LANES = 16;

  /** Elements that {@link #measure} takes in a turn. */
  static final int BLOCK = 4 * LANES;

  /** Offsets of the arguments that quantising reads from memory, 32 bits each. */
  private static final int INVERSE = 0;

  private static final int OFFSET = 4;
  private static final int INVERSE_BASE = 8;
  private static final int BASE = 12;
  private static final int TURN = 16;

  /** The offset in each of four bytes, as {@link #quantiseNarrow} adds it. */
  private static final int OFFSET_BYTES = 20;

  /** The lanes' numbers, {@link #LANES} int32. */
  private static final int NUMBERS = 32;

  /** Where quantising leaves the end of its list of columns, 64 bits. */
  static final int END = 24;

  /** Bytes of these arguments. */
  static final int ARGUMENT_BYTES = NUMBERS + LANES * Integer.BYTES;

  /** Rows follow each other: what is so many bytes on is read soon. */
  private static final int AHEAD = 4096;

  /** Of elements. */
  private static final int TURN_BYTES = LANES * Float.BYTES;

  private static final Mask MASK = new Mask(1);

  private Int8Kernels() {}

  /**
   * Sums of magnitudes and largest magnitudes of a row, by lanes, in the order of {@link
   * dev.vl4j.kernels.Quantization#sumOfMagnitudes}.
   *
   * <p>RDI: the row; RSI: blocks of {@link #BLOCK}, at least 1; RDX: 16 float32 of sums, added to;
   * RCX: 16 float32 of maxima, updated.
   *
   * @param bits of registers: 512 for AVX-512, 256 for AVX2
   */
  static byte[] measure(int bits) {
    Assembler a = new Assembler();
    int vectors = LANES * Float.SIZE / bits;
    Vec zero = Vec.of(bits, 0);
    a.vpxor(zero, zero, zero);
    for (int i = 0; i < vectors; i++) {
      a.vmovups(sum(bits, i), Mem.at(RDX, i * bits / 8));
      a.vmovups(maximum(bits, i), Mem.at(RCX, i * bits / 8));
    }
    Label loop = new Label();
    a.bind(loop);
    for (int quarter = 0; quarter < 4; quarter++) {
      a.prefetcht0(Mem.at(RDI, AHEAD + quarter * TURN_BYTES));
    }
    for (int i = 0; i < vectors; i++) {
      magnitudes(a, bits, i);
    }
    a.add(RDI, 4 * TURN_BYTES);
    a.sub(RSI, 1);
    a.jump(Assembler.Condition.NOT_ZERO, loop);
    for (int i = 0; i < vectors; i++) {
      a.vmovups(Mem.at(RDX, i * bits / 8), sum(bits, i));
      a.vmovups(Mem.at(RCX, i * bits / 8), maximum(bits, i));
    }
    a.vzeroupper();
    a.ret();
    return a.toBytes();
  }

  private static Vec sum(int bits, int vector) {
    return Vec.of(bits, 1 + vector);
  }

  private static Vec maximum(int bits, int vector) {
    return Vec.of(bits, 3 + vector);
  }

  /** Takes the same lanes of the four quarters of a block. */
  private static void magnitudes(Assembler a, int bits, int vector) {
    Vec zero = Vec.of(bits, 0);
    Vec[] x = new Vec[4];
    for (int quarter = 0; quarter < x.length; quarter++) {
      x[quarter] = Vec.of(bits, 5 + quarter);
      Vec negative = Vec.of(bits, 9 + quarter);
      a.vmovups(x[quarter], Mem.at(RDI, quarter * TURN_BYTES + vector * bits / 8));
      a.vsubps(negative, zero, x[quarter]);
      a.vmaxps(x[quarter], x[quarter], negative);
      a.vmaxps(maximum(bits, vector), maximum(bits, vector), x[quarter]);
    }
    a.vaddps(x[0], x[0], x[1]);
    a.vaddps(x[2], x[2], x[3]);
    a.vaddps(x[0], x[0], x[2]);
    a.vaddps(sum(bits, vector), sum(bits, vector), x[0]);
  }

  /** Fills in the arguments of {@link #quantise} and {@link #quantiseNarrow}. */
  static void arguments(MemorySegment arguments, float inverse, int offset) {
    arguments.set(ValueLayout.JAVA_FLOAT, INVERSE, inverse);
    arguments.set(ValueLayout.JAVA_INT, OFFSET, offset);
    arguments.set(ValueLayout.JAVA_INT, OFFSET_BYTES, offset * 0x01010101);
    arguments.set(ValueLayout.JAVA_FLOAT, INVERSE_BASE, 1f / Quantization.BASE);
    arguments.set(ValueLayout.JAVA_INT, BASE, Quantization.BASE);
    arguments.set(ValueLayout.JAVA_INT, TURN, LANES);
    for (int lane = 0; lane < LANES; lane++) {
      arguments.set(ValueLayout.JAVA_INT, NUMBERS + (long) lane * Integer.BYTES, lane);
    }
  }

  /**
   * Low digits of a row, and a list of the high digits that are not zero. AVX-512.
   *
   * <p>RDI: the row; RSI: bytes, the low digits plus the offset; RDX: turns of {@link #LANES}, at
   * least 1; RCX: a list of int32, the columns of the high digits; R8: the {@link #arguments}; R9:
   * a list of int32, the high digits. The lists may be overwritten by {@link #LANES} words more.
   */
  static byte[] quantise() {
    Assembler a = new Assembler();
    Vec inverse = Vec.zmm(1);
    Vec offset = Vec.zmm(2);
    Vec inverseBase = Vec.zmm(3);
    Vec base = Vec.zmm(4);
    Vec columns = Vec.zmm(5);
    Vec turn = Vec.zmm(6);
    Vec low = Vec.zmm(7);
    Vec high = Vec.zmm(8);
    Vec product = Vec.zmm(9);
    a.vbroadcastss(inverse, Mem.at(R8, INVERSE));
    a.vpbroadcastd(offset, Mem.at(R8, OFFSET));
    a.vbroadcastss(inverseBase, Mem.at(R8, INVERSE_BASE));
    a.vpbroadcastd(base, Mem.at(R8, BASE));
    a.vpbroadcastd(turn, Mem.at(R8, TURN));
    a.vmovups(columns, Mem.at(R8, NUMBERS));
    Label loop = new Label();
    a.bind(loop);
    a.vmulps(low, inverse, Mem.at(RDI));
    split(a, low, high, inverseBase, base, product);
    a.vptestmd(MASK, high, high);
    a.vpaddd(low, low, offset);
    a.vpmovdb(Mem.at(RSI), low);
    a.kortestw(MASK);
    Label none = new Label();
    a.jump(Assembler.Condition.ZERO, none);
    // Through a register: compressing to memory is slow on some processors.
    a.vpcompressd(product, MASK, columns);
    a.vmovups(Mem.at(RCX), product);
    a.vpcompressd(product, MASK, high);
    a.vmovups(Mem.at(R9), product);
    a.kmovw(RAX, MASK);
    a.popcnt(RAX, RAX);
    a.lea(RCX, Mem.at(RCX, RAX, Integer.BYTES, 0));
    a.lea(R9, Mem.at(R9, RAX, Integer.BYTES, 0));
    a.bind(none);
    a.vpaddd(columns, columns, turn);
    a.add(RDI, TURN_BYTES);
    a.add(RSI, LANES);
    a.sub(RDX, 1);
    a.jump(Assembler.Condition.NOT_ZERO, loop);
    a.mov(Mem.at(R8, END), RCX);
    a.vzeroupper();
    a.ret();
    return a.toBytes();
  }

  /** Rounds elements to integers and splits these into digits. */
  private static void split(
      Assembler a, Vec low, Vec high, Vec inverseBase, Vec base, Vec product) {
    a.vcvtps2dq(low, low);
    // Never halfway between two integers: the base is odd.
    a.vcvtdq2ps(high, low);
    a.vmulps(high, high, inverseBase);
    a.vcvtps2dq(high, high);
    a.vpmulld(product, high, base);
    a.vpsubd(low, low, product);
  }

  /**
   * The same as {@link #quantise} on 256 bits, but for the lists: where a turn has a high digit,
   * they get all its columns and high digits, zeros too. AVX2.
   */
  static byte[] quantiseNarrow() {
    Assembler a = new Assembler();
    int vectors = 2;
    int vectorBytes = TURN_BYTES / vectors;
    Vec inverse = Vec.ymm(1);
    Vec offset = Vec.xmm(2);
    Vec inverseBase = Vec.ymm(3);
    Vec base = Vec.ymm(4);
    Vec turn = Vec.ymm(5);
    Vec product = Vec.ymm(6);
    Vec[] columns = {Vec.ymm(7), Vec.ymm(8)};
    Vec[] low = {Vec.ymm(9), Vec.ymm(10)};
    Vec[] high = {Vec.ymm(11), Vec.ymm(12)};
    a.vbroadcastss(inverse, Mem.at(R8, INVERSE));
    a.vpbroadcastd(offset, Mem.at(R8, OFFSET_BYTES));
    a.vbroadcastss(inverseBase, Mem.at(R8, INVERSE_BASE));
    a.vpbroadcastd(base, Mem.at(R8, BASE));
    a.vpbroadcastd(turn, Mem.at(R8, TURN));
    for (int i = 0; i < vectors; i++) {
      a.vmovups(columns[i], Mem.at(R8, NUMBERS + i * vectorBytes));
    }
    Label loop = new Label();
    a.bind(loop);
    for (int i = 0; i < vectors; i++) {
      a.vmulps(low[i], inverse, Mem.at(RDI, i * vectorBytes));
      split(a, low[i], high[i], inverseBase, base, product);
    }
    // Low digits are bytes with a sign, so nothing is saturated.
    Vec bytes = NarrowPackKernels.bytes(a, low[0], low[1]);
    a.vpaddb(bytes, bytes, offset);
    a.vmovups(Mem.at(RSI), bytes);
    a.vpor(product, high[0], high[1]);
    a.vptest(product, product);
    Label none = new Label();
    a.jump(Assembler.Condition.ZERO, none);
    for (int i = 0; i < vectors; i++) {
      a.vmovups(Mem.at(RCX, i * vectorBytes), columns[i]);
      a.vmovups(Mem.at(R9, i * vectorBytes), high[i]);
    }
    a.add(RCX, TURN_BYTES);
    a.add(R9, TURN_BYTES);
    a.bind(none);
    for (int i = 0; i < vectors; i++) {
      a.vpaddd(columns[i], columns[i], turn);
    }
    a.add(RDI, TURN_BYTES);
    a.add(RSI, LANES);
    a.sub(RDX, 1);
    a.jump(Assembler.Condition.NOT_ZERO, loop);
    a.mov(Mem.at(R8, END), RCX);
    a.vzeroupper();
    a.ret();
    return a.toBytes();
  }

  /**
   * Turns sums of a panel into float32 in place: {@code (sum - compensation) * (row step * column
   * step)}. AVX2.
   *
   * <p>RDI: rows of {@link TileKernels#PANEL} int32, without gaps; RSI: an int32 of compensation
   * for each column; RDX: a float32 step for each column; RCX: a float32 step for each row; R8:
   * rows, at least 1.
   */
  static byte[] scale() {
    Assembler a = new Assembler();
    int vectorBytes = 32;
    int vectors = TileKernels.PANEL * Integer.BYTES / vectorBytes;
    Vec rowStep = Vec.ymm(0);
    Vec sum = Vec.ymm(1);
    Vec step = Vec.ymm(2);
    for (int i = 0; i < vectors; i++) {
      a.vmovups(Vec.ymm(4 + i), Mem.at(RSI, i * vectorBytes));
      a.vmovups(Vec.ymm(8 + i), Mem.at(RDX, i * vectorBytes));
    }
    Label loop = new Label();
    a.bind(loop);
    a.vbroadcastss(rowStep, Mem.at(RCX));
    for (int i = 0; i < vectors; i++) {
      Mem place = Mem.at(RDI, i * vectorBytes);
      a.vmovups(sum, place);
      a.vpsubd(sum, sum, Vec.ymm(4 + i));
      a.vcvtdq2ps(sum, sum);
      a.vmulps(step, rowStep, Vec.ymm(8 + i));
      a.vmulps(sum, sum, step);
      a.vmovups(place, sum);
    }
    a.add(RDI, TileKernels.PANEL * Integer.BYTES);
    a.add(RCX, Float.BYTES);
    a.sub(R8, 1);
    a.jump(Assembler.Condition.NOT_ZERO, loop);
    a.vzeroupper();
    a.ret();
    return a.toBytes();
  }
}
