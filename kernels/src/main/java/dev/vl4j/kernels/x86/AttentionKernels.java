package dev.vl4j.kernels.x86;

import static dev.vl4j.kernels.x86.Gp.R12;
import static dev.vl4j.kernels.x86.Gp.R13;
import static dev.vl4j.kernels.x86.Gp.R14;
import static dev.vl4j.kernels.x86.Gp.R15;
import static dev.vl4j.kernels.x86.Gp.R8;
import static dev.vl4j.kernels.x86.Gp.R9;
import static dev.vl4j.kernels.x86.Gp.RAX;
import static dev.vl4j.kernels.x86.Gp.RBX;
import static dev.vl4j.kernels.x86.Gp.RCX;
import static dev.vl4j.kernels.x86.Gp.RDI;
import static dev.vl4j.kernels.x86.Gp.RDX;
import static dev.vl4j.kernels.x86.Gp.RSI;

/**
 * Generator of the AVX-512 BF16 attention kernel: one tile of query rows against one tile of keys,
 * with an online softmax (Milakov and Gimelshein 2018; Dao et al. 2022) in float32.
 */
final class AttentionKernels {
  /** Keys of a tile. */
  static final int KEY_TILE = 128;

  /** Keys of one turn of a tile's loop. */
  private static final int DEPTH_STEP = TileKernels.STEP_BYTES / Short.BYTES;

  private static final int VECTOR_BYTES = 64;
  private static final int PANEL_BYTES = TileKernels.PANEL * Float.BYTES;
  private static final int LANES = 16;
  private static final double LN2 = Math.log(2);

  /** Terms of the Taylor series of 2^x, of which the error on [-1/2, 1/2] is 2.4e-6. */
  private static final int TERMS = 6;

  private static final Mask MASK = new Mask(1);

  /** What a row sees, the numbers of the keys at hand, those of the first keys, and 16. */
  private static final Vec VISIBLE_KEYS = Vec.zmm(20);

  private static final Vec KEY_NUMBERS = Vec.zmm(21);
  private static final Vec FIRST_NUMBERS = Vec.zmm(22);
  private static final Vec NUMBERS_STEP = Vec.zmm(23);

  private static final Vec SCALE = Vec.zmm(24);
  private static final int FIRST_COEFFICIENT = 25;

  private AttentionKernels() {}

  /**
   * The constants of a kernel, 32 bits each: the factor on scores, as an exponent of 2, the
   * coefficients of 2^x, highest first, the number of lanes, and the lanes' numbers.
   */
  static int[] constants(float scale) {
    int[] words = new int[1 + TERMS + 1 + LANES];
    words[0] = Float.floatToRawIntBits((float) (scale / LN2));
    double coefficient = 1;
    for (int i = 0; i < TERMS; i++) {
      words[TERMS - i] = Float.floatToRawIntBits((float) coefficient);
      coefficient *= LN2 / (i + 1);
    }
    words[1 + TERMS] = LANES;
    for (int lane = 0; lane < LANES; lane++) {
      words[2 + TERMS + lane] = lane;
    }
    return words;
  }

  /**
   * One tile of attention.
   *
   * @param rows 1 to {@link TileKernels#ROWS}
   * @param masked whether a row may see fewer keys than the tile has; weights of the others are
   *     exactly zero
   */
  static byte[] attend(int rows, boolean masked) {
    Assembler a = new Assembler();
    for (Gp register : new Gp[] {RBX, R12, R13, R14, R15}) {
      a.push(register);
    }
    a.mov(RBX, RDI);
    scores(a, rows);
    softmax(a, rows, masked);
    output(a, rows);
    for (Gp register : new Gp[] {R15, R14, R13, R12, RBX}) {
      a.pop(register);
    }
    a.vzeroupper();
    a.ret();
    return a.toBytes();
  }

  private static void load(Assembler a, Gp to, AttentionSlot slot) {
    a.mov(to, Mem.at(RBX, slot.offset()));
  }

  /** Scores = Q K'. */
  private static void scores(Assembler a, int rows) {
    load(a, R8, AttentionSlot.QUERY_STRIDE);
    a.mov(R9, KEY_TILE * Float.BYTES);
    load(a, RSI, AttentionSlot.KEYS);
    load(a, R13, AttentionSlot.SCORES);
    load(a, R12, AttentionSlot.KEY_PANELS);
    Label panel = new Label();
    a.bind(panel);
    load(a, RDI, AttentionSlot.QUERIES);
    load(a, RCX, AttentionSlot.DEPTH_STEPS);
    a.mov(RDX, R13);
    TileKernels.wide(a, TileKernels.Dot.BF16_ZMM, rows, false, 0);
    a.add(R13, PANEL_BYTES);
    a.sub(R12, 1);
    a.jump(Assembler.Condition.NOT_ZERO, panel);
  }

  /** Weights = 2^(scale (scores - maximum)), row by row; brings sums and output to that maximum. */
  private static void softmax(Assembler a, int rows, boolean masked) {
    load(a, RAX, AttentionSlot.CONSTANTS);
    a.vbroadcastss(SCALE, Mem.at(RAX));
    for (int i = 0; i < TERMS; i++) {
      a.vbroadcastss(coefficient(i), Mem.at(RAX, (1 + i) * Float.BYTES));
    }
    if (masked) {
      a.vpbroadcastd(NUMBERS_STEP, Mem.at(RAX, (1 + TERMS) * Float.BYTES));
      a.vmovups(FIRST_NUMBERS, Mem.at(RAX, (2 + TERMS) * Float.BYTES));
      load(a, RDX, AttentionSlot.VISIBLE);
    }
    load(a, R13, AttentionSlot.SCORES);
    load(a, R14, AttentionSlot.WEIGHTS);
    load(a, R15, AttentionSlot.OUTPUT);
    load(a, RDI, AttentionSlot.MAXIMA);
    load(a, RSI, AttentionSlot.SUMS);
    a.mov(R12, rows);
    Label row = new Label();
    a.bind(row);
    Vec maximum = Vec.zmm(0);
    Vec before = Vec.zmm(1);
    maximum(a, maximum, before, masked);
    rescale(a, maximum, before);
    a.vmulps(maximum, maximum, SCALE);
    weights(a, maximum, masked);
    a.add(R13, KEY_TILE * Float.BYTES);
    a.add(R14, KEY_TILE * Short.BYTES);
    a.add(R15, Mem.at(RBX, AttentionSlot.OUTPUT_STRIDE.offset()));
    a.add(RDI, VECTOR_BYTES);
    a.add(RSI, VECTOR_BYTES);
    if (masked) {
      a.add(RDX, Integer.BYTES);
    }
    a.sub(R12, 1);
    a.jump(Assembler.Condition.NOT_ZERO, row);
  }

  private static Vec coefficient(int i) {
    return Vec.zmm(FIRST_COEFFICIENT + i);
  }

  /** The largest of what was and of the row's scores, in all lanes. */
  private static void maximum(Assembler a, Vec maximum, Vec before, boolean masked) {
    Vec other = Vec.zmm(2);
    a.vmovups(before, Mem.at(RDI));
    a.vmovups(maximum, before);
    a.vmovups(other, before);
    a.mov(R8, R13);
    load(a, RCX, AttentionSlot.KEY_PANELS);
    startMask(a, masked);
    Label loop = new Label();
    a.bind(loop);
    larger(a, maximum, Mem.at(R8), masked);
    larger(a, other, Mem.at(R8, VECTOR_BYTES), masked);
    a.add(R8, PANEL_BYTES);
    a.sub(RCX, 1);
    a.jump(Assembler.Condition.NOT_ZERO, loop);
    a.vmaxps(maximum, maximum, other);
    for (int halves = 0; halves < 4; halves++) {
      int order = (halves & 1) == 0 ? 0x4E : 0xB1;
      if (halves < 2) {
        a.vshuff32x4(other, maximum, maximum, order);
      } else {
        a.vpermilps(other, maximum, order);
      }
      a.vmaxps(maximum, maximum, other);
    }
  }

  private static void larger(Assembler a, Vec maximum, Mem scores, boolean masked) {
    if (masked) {
      nextMask(a);
      a.vmaxps(maximum, MASK, maximum, scores);
    } else {
      a.vmaxps(maximum, maximum, scores);
    }
  }

  private static void startMask(Assembler a, boolean masked) {
    if (masked) {
      a.vpbroadcastd(VISIBLE_KEYS, Mem.at(RDX));
      a.vmovups(KEY_NUMBERS, FIRST_NUMBERS);
    }
  }

  /** The mask of the next 16 keys that the row sees. */
  private static void nextMask(Assembler a) {
    a.vpcmpgtd(MASK, VISIBLE_KEYS, KEY_NUMBERS);
    a.vpaddd(KEY_NUMBERS, KEY_NUMBERS, NUMBERS_STEP);
  }

  /** If the maximum has grown: shrinks what was summed under the old one. */
  private static void rescale(Assembler a, Vec maximum, Vec before) {
    Label same = new Label();
    a.vcmpneqps(MASK, maximum, before);
    a.kortestw(MASK);
    a.jump(Assembler.Condition.ZERO, same);
    a.vmovups(Mem.at(RDI), maximum);
    Vec factor = Vec.zmm(3);
    a.vsubps(factor, before, maximum);
    a.vmulps(factor, factor, SCALE);
    exponential(a, factor, Vec.zmm(4), Vec.zmm(5));
    a.vmulps(Vec.zmm(4), factor, Mem.at(RSI));
    a.vmovups(Mem.at(RSI), Vec.zmm(4));
    a.mov(R8, R15);
    load(a, RCX, AttentionSlot.VALUE_PANELS);
    Label loop = new Label();
    a.bind(loop);
    for (int half = 0; half < 2; half++) {
      Mem place = Mem.at(R8, half * VECTOR_BYTES);
      a.vmulps(Vec.zmm(4 + half), factor, place);
      a.vmovups(place, Vec.zmm(4 + half));
    }
    a.add(R8, PANEL_BYTES);
    a.sub(RCX, 1);
    a.jump(Assembler.Condition.NOT_ZERO, loop);
    a.bind(same);
  }

  /** {@code x = 2^x}, by 2^round(x) and the series of the rest. */
  private static void exponential(Assembler a, Vec x, Vec whole, Vec sum) {
    a.vrndscaleps(whole, x);
    a.vsubps(x, x, whole);
    a.vmovups(sum, coefficient(0));
    for (int i = 1; i < TERMS; i++) {
      a.vfmadd213ps(sum, x, coefficient(i));
    }
    a.vscalefps(x, sum, whole);
  }

  private static void weights(Assembler a, Vec scaledMaximum, boolean masked) {
    a.mov(R8, R13);
    a.mov(R9, R14);
    load(a, RCX, AttentionSlot.KEY_PANELS);
    startMask(a, masked);
    Vec[] sums = {Vec.zmm(16), Vec.zmm(17)};
    a.vmovups(sums[0], Mem.at(RSI));
    a.vpxor(sums[1], sums[1], sums[1]);
    Label loop = new Label();
    a.bind(loop);
    for (int half = 0; half < 2; half++) {
      Vec weight = Vec.zmm(4 + 4 * half);
      a.vmovups(weight, Mem.at(R8, half * VECTOR_BYTES));
      a.vfmsub213ps(weight, SCALE, scaledMaximum);
      exponential(a, weight, Vec.zmm(5 + 4 * half), Vec.zmm(6 + 4 * half));
      if (masked) {
        nextMask(a);
        a.vmovupsZeroing(weight, MASK, weight);
      }
      a.vaddps(sums[half], sums[half], weight);
      a.vcvtneps2bf16(Vec.ymm(7 + 4 * half), weight);
      a.vmovups(Mem.at(R9, half * VECTOR_BYTES / 2), Vec.ymm(7 + 4 * half));
    }
    a.add(R8, PANEL_BYTES);
    a.add(R9, PANEL_BYTES / 2);
    a.sub(RCX, 1);
    a.jump(Assembler.Condition.NOT_ZERO, loop);
    a.vaddps(sums[0], sums[0], sums[1]);
    a.vmovups(Mem.at(RSI), sums[0]);
  }

  /** Output += weights V. */
  private static void output(Assembler a, int rows) {
    a.mov(R8, KEY_TILE * Short.BYTES);
    load(a, R9, AttentionSlot.OUTPUT_STRIDE);
    load(a, R13, AttentionSlot.OUTPUT);
    load(a, R14, AttentionSlot.VALUES);
    load(a, R12, AttentionSlot.VALUE_PANELS);
    Label panel = new Label();
    a.bind(panel);
    load(a, RDI, AttentionSlot.WEIGHTS);
    a.mov(RSI, R14);
    a.mov(RDX, R13);
    load(a, RCX, AttentionSlot.KEY_PANELS);
    a.shl(RCX, Integer.numberOfTrailingZeros(TileKernels.PANEL / DEPTH_STEP));
    TileKernels.wide(a, TileKernels.Dot.BF16_ZMM, rows, true, 0);
    a.add(R13, PANEL_BYTES);
    a.add(R14, KEY_TILE * TileKernels.PANEL * Short.BYTES);
    a.sub(R12, 1);
    a.jump(Assembler.Condition.NOT_ZERO, panel);
  }
}
