package dev.vl4j.kernels.x86;

/**
 * The instructions in use, one method each, named by their mnemonics with the operands in Intel's
 * order: destination first.
 */
final class Assembler extends NarrowAssembler {
  // ---- vectors: EVEX (AVX-512) on 512 bits and wherever it is said, VEX (AVX2) on fewer ----

  /** The form of an instruction on whole registers of this one's size. */
  private static Evex full(int map, int prefix, int opcode, Vec size) {
    return new Evex(map, prefix, 0, opcode, size.bits(), size.bits() / 8);
  }

  private void full(int map, int prefix, int opcode, Vec to, Vec second, Operand third) {
    if (to.bits() == 512) {
      evex(full(map, prefix, opcode, to), to.number(), second.number(), third, 0, false);
    } else {
      vex(map, prefix, 0, opcode, to.bits(), to.number(), second.number(), third);
    }
  }

  private void unary(int map, int prefix, int opcode, Vec to, Operand from, int tuple) {
    if (to.bits() == 512) {
      Evex form = new Evex(map, prefix, 0, opcode, to.bits(), tuple);
      evex(form, to.number(), 0, from, 0, false);
    } else {
      vex(map, prefix, 0, opcode, to.bits(), to.number(), 0, from);
    }
  }

  /** Sums of products of pairs of bfloat16, added to float32 lanes. AVX512_BF16. */
  void vdpbf16ps(Vec sum, Vec left, Operand right) {
    full(MAP_0F38, PREFIX_F3, 0x52, sum, left, right);
  }

  /**
   * Sums of products of four unsigned with four signed bytes, added to int32 lanes. AVX512_VNNI on
   * 512 bits, AVX_VNNI on fewer.
   */
  void vpdpbusd(Vec sum, Vec unsigned, Operand signed) {
    full(MAP_0F38, PREFIX_66, 0x50, sum, unsigned, signed);
  }

  /** Float32 to bfloat16, to nearest even, in half the width. AVX512_BF16. */
  void vcvtneps2bf16(Vec to, Vec from) {
    evex(
        new Evex(MAP_0F38, PREFIX_F3, 0, 0x72, from.bits(), from.bits() / 8),
        to.number(),
        0,
        from,
        0,
        false);
  }

  /** Two registers of float32 to one of bfloat16: {@code low}'s in the lower half. AVX512_BF16. */
  void vcvtne2ps2bf16(Vec to, Vec high, Vec low) {
    full(MAP_0F38, PREFIX_F2, 0x72, to, high, low);
  }

  void vpbroadcastd(Vec to, Mem from) {
    unary(MAP_0F38, PREFIX_66, 0x58, to, from, 4);
  }

  void vbroadcastss(Vec to, Operand from) {
    unary(MAP_0F38, PREFIX_66, 0x18, to, from, 4);
  }

  void vmovups(Vec to, Operand from) {
    unary(MAP_0F, NO_PREFIX, 0x10, to, from, to.bits() / 8);
  }

  void vmovups(Mem to, Vec from) {
    unary(MAP_0F, NO_PREFIX, 0x11, from, to, from.bits() / 8);
  }

  void vaddps(Vec to, Vec left, Operand right) {
    full(MAP_0F, NO_PREFIX, 0x58, to, left, right);
  }

  void vmulps(Vec to, Vec left, Operand right) {
    full(MAP_0F, NO_PREFIX, 0x59, to, left, right);
  }

  void vsubps(Vec to, Vec left, Operand right) {
    full(MAP_0F, NO_PREFIX, 0x5C, to, left, right);
  }

  void vdivps(Vec to, Vec left, Operand right) {
    full(MAP_0F, NO_PREFIX, 0x5E, to, left, right);
  }

  void vminps(Vec to, Vec left, Operand right) {
    full(MAP_0F, NO_PREFIX, 0x5D, to, left, right);
  }

  void vmaxps(Vec to, Vec left, Operand right) {
    full(MAP_0F, NO_PREFIX, 0x5F, to, left, right);
  }

  /** {@code to = to + left * right}. */
  void vfmadd231ps(Vec to, Vec left, Operand right) {
    full(MAP_0F38, PREFIX_66, 0xB8, to, left, right);
  }

  void vpaddd(Vec to, Vec left, Operand right) {
    full(MAP_0F, PREFIX_66, 0xFE, to, left, right);
  }

  void vpsubd(Vec to, Vec left, Operand right) {
    full(MAP_0F, PREFIX_66, 0xFA, to, left, right);
  }

  /** Shifts 32-bit lanes left. */
  void vpslld(Vec to, Vec from, int bits) {
    if (to.bits() == 512) {
      evex(full(MAP_0F, PREFIX_66, 0x72, to), 6, to.number(), from, 0, false);
    } else {
      vex(MAP_0F, PREFIX_66, 0, 0x72, to.bits(), 6, to.number(), from);
    }
    bytes(bits);
  }

  /** Low halves of products. */
  void vpmulld(Vec to, Vec left, Operand right) {
    full(MAP_0F38, PREFIX_66, 0x40, to, left, right);
  }

  /** Int32 to float32. */
  void vcvtdq2ps(Vec to, Operand from) {
    unary(MAP_0F, NO_PREFIX, 0x5B, to, from, to.bits() / 8);
  }

  /** Float32 to int32, by the rounding mode: to nearest even unless a program has changed it. */
  void vcvtps2dq(Vec to, Operand from) {
    unary(MAP_0F, PREFIX_66, 0x5B, to, from, to.bits() / 8);
  }

  /** Stores the low byte of each 32-bit lane. AVX-512. */
  void vpmovdb(Mem to, Vec from) {
    Evex form = new Evex(MAP_0F38, PREFIX_F3, 0, 0x31, from.bits(), from.bits() / 32);
    evex(form, from.number(), 0, to, 0, false);
  }

  /** 16-bit words to 32-bit lanes, with zeros above them. */
  void vpmovzxwd(Vec to, Operand from) {
    unary(MAP_0F38, PREFIX_66, 0x33, to, from, to.bits() / 16);
  }

  /** {@code vpxord} on 512 bits. */
  void vpxor(Vec to, Vec left, Operand right) {
    full(MAP_0F, PREFIX_66, 0xEF, to, left, right);
  }

  /** Sums of two neighbours' products of unsigned with signed bytes, saturated to int16. */
  void vpmaddubsw(Vec to, Vec unsigned, Operand signed) {
    full(MAP_0F38, PREFIX_66, 0x04, to, unsigned, signed);
  }

  /** Sums of two neighbours' products of int16, as int32. */
  void vpmaddwd(Vec to, Vec left, Operand right) {
    full(MAP_0F, PREFIX_66, 0xF5, to, left, right);
  }

  void vpabsb(Vec to, Operand from) {
    unary(MAP_0F38, PREFIX_66, 0x1C, to, from, to.bits() / 8);
  }

  /** Signed integers. */
  void vpmaxsd(Vec to, Vec left, Operand right) {
    full(MAP_0F38, PREFIX_66, 0x3D, to, left, right);
  }

  /** {@code vpandd} on 512 bits. */
  void vpand(Vec to, Vec left, Operand right) {
    full(MAP_0F, PREFIX_66, 0xDB, to, left, right);
  }

  /** The low two lanes of each quarter of a register, in turn with {@code right}'s. */
  void vpunpckldq(Vec to, Vec left, Operand right) {
    full(MAP_0F, PREFIX_66, 0x62, to, left, right);
  }

  /** The high two lanes of each quarter of a register, in turn with {@code right}'s. */
  void vpunpckhdq(Vec to, Vec left, Operand right) {
    full(MAP_0F, PREFIX_66, 0x6A, to, left, right);
  }

  /** The low halves of each quarter of two registers. */
  void vpunpcklqdq(Vec to, Vec left, Operand right) {
    longs(0x6C, to, left, right);
  }

  /** The high halves of each quarter of two registers. */
  void vpunpckhqdq(Vec to, Vec left, Operand right) {
    longs(0x6D, to, left, right);
  }

  /** An instruction on 64-bit lanes. */
  private void longs(int opcode, Vec to, Vec left, Operand right) {
    if (to.bits() == 512) {
      Evex form = new Evex(MAP_0F, PREFIX_66, 1, opcode, to.bits(), to.bits() / 8);
      evex(form, to.number(), left.number(), right, 0, false);
    } else {
      vex(MAP_0F, PREFIX_66, 0, opcode, to.bits(), to.number(), left.number(), right);
    }
  }

  // ---- vectors under a mask, and what makes masks ----

  /** Lanes of {@code from}, zero where the mask's bit is 0; memory is not read there. */
  void vmovupsZeroing(Vec to, Mask mask, Operand from) {
    evex(full(MAP_0F, NO_PREFIX, 0x10, to), to.number(), 0, from, mask.number(), true);
  }

  /** Lanes whose mask bit is 0 stay as they are. */
  void vmovups(Vec to, Mask mask, Vec from) {
    evex(full(MAP_0F, NO_PREFIX, 0x10, to), to.number(), 0, from, mask.number(), false);
  }

  /** Lanes whose mask bit is 0 are not written. */
  void vmovups(Mem to, Mask mask, Vec from) {
    evex(full(MAP_0F, NO_PREFIX, 0x11, from), from.number(), 0, to, mask.number(), false);
  }

  /** Lanes whose mask bit is 1, one after the other; the rest is zero. */
  void vpcompressd(Vec to, Mask mask, Vec from) {
    evex(full(MAP_0F38, PREFIX_66, 0x8B, from), from.number(), 0, to, mask.number(), true);
  }

  /** Signed integers. */
  void vpcmpgtd(Mask to, Vec left, Operand right) {
    evex(full(MAP_0F, PREFIX_66, 0x66, left), to.number(), left.number(), right, 0, false);
  }

  /** Floats of which the left is less. */
  void vcmpltps(Mask to, Vec left, Operand right) {
    vcmpps(to, left, right, LESS);
  }

  /** Floats of which the left is not less, or one is not a number. */
  void vcmpnltps(Mask to, Vec left, Operand right) {
    vcmpps(to, left, right, NOT_LESS);
  }

  private void vcmpps(Mask to, Vec left, Operand right, int predicate) {
    evex(full(MAP_0F, NO_PREFIX, 0xC2, left), to.number(), left.number(), right, 0, false);
    bytes(predicate);
  }

  /** 32-bit lanes that have a bit in common. */
  void vptestmd(Mask to, Vec left, Vec right) {
    evex(full(MAP_0F38, PREFIX_66, 0x27, left), to.number(), left.number(), right, 0, false);
  }

  /** Loads 16 bits. */
  void kmovw(Mask to, Mem from) {
    vex(MAP_0F, NO_PREFIX, 0, 0x90, 128, to.number(), 0, from);
  }

  /** 16 bits, and zeros above them. */
  void kmovw(Gp to, Mask from) {
    vex(MAP_0F, NO_PREFIX, 0, 0x93, 128, to.number(), 0, Vec.xmm(from.number()));
  }

  /** Sets the zero flag if 16 bits of the mask are all 0. */
  void kortestw(Mask mask) {
    vex(MAP_0F, NO_PREFIX, 0, 0x98, 128, mask.number(), 0, Vec.xmm(mask.number()));
  }

  // ---- vectors, for exponentials and reductions ----

  /** {@code to = to * factor - subtrahend}. */
  void vfmsub213ps(Vec to, Vec factor, Operand subtrahend) {
    full(MAP_0F38, PREFIX_66, 0xAA, to, factor, subtrahend);
  }

  /** {@code to = to * factor + addend}. */
  void vfmadd213ps(Vec to, Vec factor, Operand addend) {
    full(MAP_0F38, PREFIX_66, 0xA8, to, factor, addend);
  }

  /** To the nearest integer, ties to even. */
  void vrndscaleps(Vec to, Vec from) {
    unary(MAP_0F3A, PREFIX_66, 0x08, to, from, to.bits() / 8);
    bytes(0);
  }

  /** {@code to = left * 2^floor(right)}. */
  void vscalefps(Vec to, Vec left, Vec right) {
    full(MAP_0F38, PREFIX_66, 0x2C, to, left, right);
  }

  /** Chooses quarters of a register: two of {@code left}, then two of {@code right}. */
  void vshuff32x4(Vec to, Vec left, Vec right, int order) {
    full(MAP_0F3A, PREFIX_66, 0x23, to, left, right);
    bytes(order);
  }

  /** Orders the four elements of each quarter of a register. */
  void vpermilps(Vec to, Vec from, int order) {
    unary(MAP_0F3A, PREFIX_66, 0x04, to, from, to.bits() / 8);
    bytes(order);
  }
}
