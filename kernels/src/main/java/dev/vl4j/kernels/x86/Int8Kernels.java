package dev.vl4j.kernels.x86;

import static dev.vl4j.kernels.x86.Gp.R8;
import static dev.vl4j.kernels.x86.Gp.RAX;
import static dev.vl4j.kernels.x86.Gp.RCX;
import static dev.vl4j.kernels.x86.Gp.RDI;
import static dev.vl4j.kernels.x86.Gp.RDX;
import static dev.vl4j.kernels.x86.Gp.RSI;

/**
 * Generators of what 8-bit products need beside their tiles: from float32 to digits and from sums
 * back to float32.
 */
final class Int8Kernels {
  /** Elements that {@link #quantise} takes in a turn. */
  static final int LANES = 16;

  /** Elements that {@link #measure} takes in a turn. */
  static final int BLOCK = 4 * LANES;

  /** Offsets of the arguments that {@link #quantise} reads from memory, 32 bits each. */
  static final int INVERSE = 0;

  static final int OFFSET = 4;
  static final int LARGEST = 8;

  /** Where {@link #quantise} leaves the end of its list, 64 bits. */
  static final int END = 16;

  /** Bytes of these arguments. */
  static final int ARGUMENT_BYTES = 24;

  private static final int VECTOR_BYTES = 64;
  private static final Mask MASK = new Mask(1);

  private Int8Kernels() {}

  /**
   * Sums of magnitudes and largest magnitudes of a row, by lanes, in the order of {@link
   * dev.vl4j.kernels.Quantization#sumOfMagnitudes}. AVX-512.
   *
   * <p>RDI: the row; RSI: blocks of {@link #BLOCK}, at least 1; RDX: 16 float32 of sums, added to;
   * RCX: 16 float32 of maxima, updated.
   */
  static byte[] measure() {
    Assembler a = new Assembler();
    Vec zero = Vec.zmm(0);
    Vec sum = Vec.zmm(1);
    Vec maximum = Vec.zmm(2);
    a.vpxor(zero, zero, zero);
    a.vmovups(sum, Mem.at(RDX));
    a.vmovups(maximum, Mem.at(RCX));
    Label loop = new Label();
    a.bind(loop);
    for (int quarter = 0; quarter < 4; quarter++) {
      Vec x = Vec.zmm(4 + quarter);
      Vec negative = Vec.zmm(8 + quarter);
      a.vmovups(x, Mem.at(RDI, quarter * VECTOR_BYTES));
      a.vsubps(negative, zero, x);
      a.vmaxps(x, x, negative);
      a.vmaxps(maximum, maximum, x);
    }
    a.vaddps(Vec.zmm(4), Vec.zmm(4), Vec.zmm(5));
    a.vaddps(Vec.zmm(6), Vec.zmm(6), Vec.zmm(7));
    a.vaddps(Vec.zmm(4), Vec.zmm(4), Vec.zmm(6));
    a.vaddps(sum, sum, Vec.zmm(4));
    a.add(RDI, 4 * VECTOR_BYTES);
    a.sub(RSI, 1);
    a.jump(Assembler.Condition.NOT_ZERO, loop);
    a.vmovups(Mem.at(RDX), sum);
    a.vmovups(Mem.at(RCX), maximum);
    a.vzeroupper();
    a.ret();
    return a.toBytes();
  }

  /**
   * Digits of a row, right where an element has one digit. AVX-512.
   *
   * <p>RDI: the row; RSI: bytes, the digits plus the offset; RDX: turns of {@link #LANES}, at least
   * 1; RCX: a list of int32, the numbers of the turns in which an element is larger than a digit;
   * R8: the arguments {@link #INVERSE} and so on.
   */
  static byte[] quantise() {
    Assembler a = new Assembler();
    Vec inverse = Vec.zmm(1);
    Vec offset = Vec.zmm(2);
    Vec largest = Vec.zmm(3);
    Vec x = Vec.zmm(4);
    Vec magnitude = Vec.zmm(5);
    a.vbroadcastss(inverse, Mem.at(R8, INVERSE));
    a.vpbroadcastd(offset, Mem.at(R8, OFFSET));
    a.vpbroadcastd(largest, Mem.at(R8, LARGEST));
    a.mov(RAX, 0);
    Label loop = new Label();
    a.bind(loop);
    a.vmulps(x, inverse, Mem.at(RDI));
    a.vcvtps2dq(x, x);
    a.vpabsd(magnitude, x);
    a.vpcmpgtd(MASK, magnitude, largest);
    a.vpaddd(x, x, offset);
    a.vpmovdb(Mem.at(RSI), x);
    a.kortestw(MASK);
    Label ordinary = new Label();
    a.jump(Assembler.Condition.ZERO, ordinary);
    a.movd(Mem.at(RCX), RAX);
    a.add(RCX, Integer.BYTES);
    a.bind(ordinary);
    a.add(RDI, VECTOR_BYTES);
    a.add(RSI, LANES);
    a.add(RAX, 1);
    a.sub(RDX, 1);
    a.jump(Assembler.Condition.NOT_ZERO, loop);
    a.mov(Mem.at(R8, END), RCX);
    a.vzeroupper();
    a.ret();
    return a.toBytes();
  }

  /**
   * Turns sums of a panel into float32 in place: {@code (sum - compensation) * (row step * column
   * step)}.
   *
   * <p>RDI: rows of {@link TileKernels#PANEL} int32, without gaps; RSI: an int32 of compensation
   * for each column; RDX: a float32 step for each column; RCX: a float32 step for each row; R8:
   * rows, at least 1.
   *
   * @param bits of the registers to use, 256 or 512
   */
  static byte[] scale(int bits) {
    Assembler a = new Assembler();
    int vectorBytes = bits / 8;
    int vectors = TileKernels.PANEL * Integer.BYTES / vectorBytes;
    Vec rowStep = new Vec(0, bits);
    Vec sum = new Vec(1, bits);
    Vec step = new Vec(2, bits);
    for (int i = 0; i < vectors; i++) {
      a.vmovups(new Vec(4 + i, bits), Mem.at(RSI, i * vectorBytes));
      a.vmovups(new Vec(8 + i, bits), Mem.at(RDX, i * vectorBytes));
    }
    Label loop = new Label();
    a.bind(loop);
    a.vbroadcastss(rowStep, Mem.at(RCX));
    for (int i = 0; i < vectors; i++) {
      Mem place = Mem.at(RDI, i * vectorBytes);
      a.vmovups(sum, place);
      a.vpsubd(sum, sum, new Vec(4 + i, bits));
      a.vcvtdq2ps(sum, sum);
      a.vmulps(step, rowStep, new Vec(8 + i, bits));
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
