package dev.vl4j.kernels.x86;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Elementary functions on registers of 512 or 256 bits, as parts of larger kernels: the very
 * operations, in the very order, of {@code dev.vl4j.kernels.cpu.vector.VectorMath}, so that a
 * result is the same whoever computes it. That class has the sources of the formulas.
 */
final class Elementary {
  /** Numbers that the code reads from memory. */
  enum Constant {
    ONE(1),
    HALF(0.5f),
    TWO(2),
    NEGATIVE_INFINITY(Float.NEGATIVE_INFINITY),
    EXP_MIN(-87.3f),
    EXP_MAX(88.3f),
    LOG2_E(1.44269504f),
    ROUNDER(12582912f),
    MINUS_LN2_HIGH(-0.693145752f),
    MINUS_LN2_LOW(-1.42860677e-6f),
    EXP_7(1f / 5040),
    EXP_6(1f / 720),
    EXP_5(1f / 120),
    EXP_4(1f / 24),
    EXP_3(1f / 6),
    TANH_CUBIC(0.044715f),
    TANH_FACTOR(-2 * 0.797884561f),
    SQRT_HALF(0.707106781f),
    ERFC_9(0.17087277f),
    ERFC_8(-0.82215223f),
    ERFC_7(1.48851587f),
    ERFC_6(-1.13520398f),
    ERFC_5(0.27886807f),
    ERFC_4(-0.18628806f),
    ERFC_3(0.09678418f),
    ERFC_2(0.37409196f),
    ERFC_1(1.00002368f),
    ERFC_0(-1.26551223f),
    BASE(dev.vl4j.kernels.Quantization.BASE);

    private final float value;

    Constant(float value) {
      this.value = value;
    }

    float value() {
      return value;
    }
  }

  private static final Constant[] EXP = {
    Constant.EXP_6,
    Constant.EXP_5,
    Constant.EXP_4,
    Constant.EXP_3,
    Constant.HALF,
    Constant.ONE,
    Constant.ONE
  };

  private static final Constant[] ERFC = {
    Constant.ERFC_8,
    Constant.ERFC_7,
    Constant.ERFC_6,
    Constant.ERFC_5,
    Constant.ERFC_4,
    Constant.ERFC_3,
    Constant.ERFC_2,
    Constant.ERFC_1,
    Constant.ERFC_0
  };

  private final Assembler a;
  private final Gp constants;
  private final int bits;
  private final int scratch;

  /** Is changed on 512 bits; on fewer, vectors are masks. */
  private final Mask mask;

  /** Whether the exponential of what is not a number is not a number. */
  private final boolean keepsNaN;

  private Elementary(
      Assembler a, Gp constants, int bits, int scratch, Mask mask, boolean keepsNaN) {
    this.a = a;
    this.constants = constants;
    this.bits = bits;
    this.scratch = scratch;
    this.mask = mask;
    this.keepsNaN = keepsNaN;
  }

  /**
   * On 512 bits. The exponential of what is not a number is one, which does no harm where the
   * result is divided: it costs two instructions less.
   *
   * @param constants register with the address of the {@link #putConstants constants}
   * @param scratch the first of seven vector registers that are changed
   * @param mask is changed
   */
  static Elementary wide(Assembler a, Gp constants, int scratch, Mask mask) {
    return new Elementary(a, constants, 512, scratch, mask, false);
  }

  /** As {@link #wide}, and the exponential of what is not a number is not a number. */
  static Elementary wideWithNaN(Assembler a, Gp constants, int scratch, Mask mask) {
    return new Elementary(a, constants, 512, scratch, mask, true);
  }

  /**
   * On 256 bits.
   *
   * @param constants register with the address of the {@link #putConstants constants}
   * @param scratch the first of seven vector registers that are changed
   */
  static Elementary narrow(Assembler a, Gp constants, int scratch) {
    return new Elementary(a, constants, 256, scratch, new Mask(0), true);
  }

  /**
   * Puts the {@link Constant}s into memory, in order: one float32 each, for all lanes, on 512 bits;
   * on 256 a whole vector each, since instructions there do not broadcast.
   */
  static void putConstants(int bits, MemorySegment memory) {
    Constant[] all = Constant.values();
    int copies = copies(bits);
    for (int i = 0; i < all.length * copies; i++) {
      memory.setAtIndex(ValueLayout.JAVA_FLOAT, i, all[i / copies].value());
    }
  }

  private static int copies(int bits) {
    return bits == 512 ? 1 : bits / Float.SIZE;
  }

  /** Bytes of what {@link #putConstants} writes. */
  static int constantBytes(int bits) {
    return Constant.values().length * copies(bits) * Float.BYTES;
  }

  private boolean isWide() {
    return bits == 512;
  }

  /** A constant for all lanes. */
  @SuppressWarnings("EnumOrdinal") // the order is the layout
  Operand of(Constant constant) {
    return isWide()
        ? new Each(Mem.at(constants, constant.ordinal() * Float.BYTES))
        : Mem.at(constants, constant.ordinal() * bits / Byte.SIZE);
  }

  /** Loads a constant. */
  void load(Vec to, Constant constant) {
    switch (of(constant)) {
      case Each(Mem element) -> a.vbroadcastss(to, element);
      case Operand vector -> a.vmovups(to, vector);
    }
  }

  private Vec scratch(int number) {
    return new Vec(scratch + number, bits);
  }

  private void bound(Vec bounded, Vec x, Vec free) {
    if (keepsNaN) {
      // Of two operands of which one is no number, the instructions choose the second.
      load(free, Constant.EXP_MIN);
      a.vmaxps(bounded, free, x);
      load(free, Constant.EXP_MAX);
      a.vminps(bounded, free, bounded);
    } else {
      a.vmaxps(bounded, x, of(Constant.EXP_MIN));
      a.vminps(bounded, bounded, of(Constant.EXP_MAX));
    }
  }

  /** {@code x = e^x}; changes scratch registers 0 to 3. */
  void exp(Vec x) {
    Vec bounded = scratch(0);
    Vec shifted = scratch(1);
    Vec n = scratch(2);
    Vec p = scratch(3);
    bound(bounded, x, shifted);
    load(shifted, Constant.ROUNDER);
    a.vfmadd231ps(shifted, bounded, of(Constant.LOG2_E));
    a.vsubps(n, shifted, of(Constant.ROUNDER));
    a.vfmadd231ps(bounded, n, of(Constant.MINUS_LN2_HIGH));
    a.vfmadd231ps(bounded, n, of(Constant.MINUS_LN2_LOW));
    load(p, Constant.EXP_7);
    for (Constant coefficient : EXP) {
      a.vfmadd213ps(p, bounded, of(coefficient));
    }
    a.vpslld(shifted, shifted, 23);
    a.vpaddd(p, p, shifted);
    if (isWide()) {
      a.vcmpnltps(mask, x, of(Constant.EXP_MIN));
      a.vmovupsZeroing(x, mask, p);
    } else {
      a.vcmpnltps(x, x, of(Constant.EXP_MIN));
      a.vandps(x, x, p);
    }
  }

  /** {@code x = x / (1 + e^exponent)}; changes {@code exponent}. */
  private void sigmoidOf(Vec x, Vec exponent) {
    exp(exponent);
    a.vaddps(exponent, exponent, of(Constant.ONE));
    a.vdivps(x, x, exponent);
  }

  /** {@code x = x / (1 + e^-x)}. */
  void silu(Vec x) {
    Vec negative = scratch(4);
    a.vpxor(negative, negative, negative);
    a.vsubps(negative, negative, x);
    sigmoidOf(x, negative);
  }

  /** {@code x = 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))}. */
  void geluTanh(Vec x) {
    Vec cubic = scratch(4);
    a.vmulps(cubic, x, x);
    a.vmulps(cubic, cubic, x);
    a.vmulps(cubic, cubic, of(Constant.TANH_CUBIC));
    a.vaddps(cubic, cubic, x);
    a.vmulps(cubic, cubic, of(Constant.TANH_FACTOR));
    sigmoidOf(x, cubic);
  }

  /** {@code x = 0.5 x (1 + erf(x / sqrt 2))}. */
  void geluErf(Vec x) {
    Vec z = scratch(4);
    Vec magnitude = scratch(5);
    Vec t = scratch(6);
    Vec p = scratch(0);
    a.vmulps(z, x, of(Constant.SQRT_HALF));
    a.vpxor(magnitude, magnitude, magnitude);
    a.vsubps(magnitude, magnitude, z);
    a.vmaxps(magnitude, magnitude, z);
    a.vmulps(t, magnitude, of(Constant.HALF));
    a.vaddps(t, t, of(Constant.ONE));
    load(p, Constant.ONE);
    a.vdivps(t, p, t);
    load(p, Constant.ERFC_9);
    for (Constant coefficient : ERFC) {
      a.vfmadd213ps(p, t, of(coefficient));
    }
    a.vmulps(magnitude, magnitude, magnitude);
    a.vsubps(magnitude, p, magnitude);
    exp(magnitude);
    Vec complement = t;
    a.vmulps(complement, t, magnitude);
    Vec onePlusErf = magnitude;
    load(onePlusErf, Constant.TWO);
    a.vsubps(onePlusErf, onePlusErf, complement);
    a.vpxor(p, p, p);
    if (isWide()) {
      a.vcmpltps(mask, z, p);
      a.vmovups(onePlusErf, mask, complement);
    } else {
      a.vcmpltps(p, z, p);
      a.vblendvps(onePlusErf, onePlusErf, complement, p);
    }
    a.vmulps(x, x, of(Constant.HALF));
    a.vmulps(x, x, onePlusErf);
  }
}
