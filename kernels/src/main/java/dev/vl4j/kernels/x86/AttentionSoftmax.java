package dev.vl4j.kernels.x86;

import static dev.vl4j.kernels.x86.AttentionKernels.PANEL_BYTES;
import static dev.vl4j.kernels.x86.AttentionKernels.SCORE_BYTES;
import static dev.vl4j.kernels.x86.AttentionKernels.VECTOR_BYTES;
import static dev.vl4j.kernels.x86.AttentionKernels.load;
import static dev.vl4j.kernels.x86.Gp.R12;
import static dev.vl4j.kernels.x86.Gp.R13;
import static dev.vl4j.kernels.x86.Gp.R14;
import static dev.vl4j.kernels.x86.Gp.R15;
import static dev.vl4j.kernels.x86.Gp.R8;
import static dev.vl4j.kernels.x86.Gp.R9;
import static dev.vl4j.kernels.x86.Gp.RAX;
import static dev.vl4j.kernels.x86.Gp.RCX;
import static dev.vl4j.kernels.x86.Gp.RDI;
import static dev.vl4j.kernels.x86.Gp.RDX;
import static dev.vl4j.kernels.x86.Gp.RSI;

/**
 * The softmax of an attention kernel, as a part of it.
 *
 * <p>A row's weights are {@code 2^(scale * score - offset)}. Any offset gives the same softmax, as
 * long as nothing overflows, so a row keeps that of an earlier tile's largest score until a score
 * exceeds this by more than {@link #SLACK_BITS} says: its limit. Most tiles need no maximum then,
 * and rescale nothing. What a row does depends on its own scores alone.
 */
final class AttentionSoftmax {
  /** A weight is at most 2^16: far from an overflow of float32, also if multiplied and summed. */
  private static final int SLACK_BITS = 16;

  private static final double LN2 = Math.log(2);
  private static final int VECTOR_LANES = 16;

  /**
   * Coefficients of 2^x on [-1/2, 1/2], highest first: the least largest relative error, 2.8e-6, of
   * a polynomial of this degree that is exact at 0.
   */
  private static final float[] SERIES = {
    0.009582852922536546f, 0.05590642462467767f, 0.24024098614097047f, 0.6931241934142743f, 1
  };

  /** A constant in memory, 32 bits each. */
  record Constant(int index) {
    Mem in(Gp constants) {
      return Mem.at(constants, index * Integer.BYTES);
    }
  }

  /** The factor on scores, of exponents of 2. */
  private static final Constant SCALE_FACTOR = new Constant(0);

  /** From a row's largest score to its limit. */
  private static final Constant SLACK = new Constant(1);

  /** A score of weight zero. */
  private static final Constant LOWEST = new Constant(2);

  /** Lanes of a vector. */
  private static final Constant LANES = new Constant(3);

  private static final Constant FIRST_OF_SERIES = new Constant(4);

  /** One and the lanes' numbers. */
  private static final Constant KEY_NUMBERS = new Constant(4 + SERIES.length);

  /** A pair of bfloat16 ones. */
  private static final Constant ONES = new Constant(KEY_NUMBERS.index + VECTOR_LANES);

  /** By how much a score exceeds its row's limit: above 0 in some lane, if any does. */
  private static final Vec EXCESS = Vec.zmm(30);

  private static final Mask MASK = new Mask(1);

  /** Lowest score, beside a tile's sums; all are free once those are complete. */
  private static final Vec LOWEST_SCORE = Vec.zmm(26);

  private static final Vec LARGER = Vec.zmm(27);
  private static final Vec NEXT_NUMBERS = Vec.zmm(28);

  /** One and the numbers of the keys at hand: those of the first half of a panel. Not free. */
  private static final Vec NUMBERS = Vec.zmm(31);

  private static final Vec SCALE = Vec.zmm(24);
  private static final int SERIES_REGISTER = 25;

  /** From here on, six for each of two rows. */
  private static final int SCRATCH_REGISTER = TileKernels.ROWS;

  private static final int OFFSET_BYTES = VECTOR_BYTES / 2;

  private AttentionSoftmax() {}

  /** The constants of a kernel. */
  static int[] constants(float scale) {
    int[] words = new int[ONES.index + 1];
    words[ONES.index] = 0x3F803F80;
    words[SCALE_FACTOR.index] = Float.floatToRawIntBits((float) (scale / LN2));
    words[SLACK.index] = Float.floatToRawIntBits((float) (SLACK_BITS * LN2 / scale));
    words[LOWEST.index] = Float.floatToRawIntBits(-1e35f);
    words[LANES.index] = VECTOR_LANES;
    for (int i = 0; i < SERIES.length; i++) {
      words[FIRST_OF_SERIES.index + i] = Float.floatToRawIntBits(SERIES[i]);
    }
    for (int lane = 0; lane < VECTOR_LANES; lane++) {
      words[KEY_NUMBERS.index + lane] = 1 + lane;
    }
    return words;
  }

  /**
   * Where weights go.
   *
   * @param rowBytes from one row to the next
   * @param panelBytes from one panel of keys to the next
   */
  record Places(int rowBytes, int panelBytes) {}

  /**
   * Starts to find out by how much any score exceeds its row's limit: R13: scores, R14: state, R15:
   * constants, and if masked, RDX: how many keys rows see.
   */
  static void startCheck(Assembler a, boolean masked) {
    load(a, R13, AttentionSlot.SCORES);
    load(a, R14, AttentionSlot.STATE);
    load(a, R15, AttentionSlot.CONSTANTS);
    a.vpxor(EXCESS, EXCESS, EXCESS);
    if (masked) {
      load(a, RDX, AttentionSlot.VISIBLE);
      a.vmovups(NUMBERS, KEY_NUMBERS.in(R15));
    }
  }

  static void startPanel(Assembler a, boolean masked) {
    if (masked) {
      a.vbroadcastss(LOWEST_SCORE, LOWEST.in(R15));
      a.vpaddd(NEXT_NUMBERS, NUMBERS, new Each(LANES.in(R15)));
    }
  }

  /** Scores of keys that the row does not see become so low that their weights are zero. */
  static void hide(Assembler a, Vec left, Vec right, int row, boolean masked) {
    if (masked) {
      Each visible = new Each(Mem.at(RDX, row * Integer.BYTES));
      a.vpcmpgtd(MASK, NUMBERS, visible);
      a.vmovups(left, MASK, LOWEST_SCORE);
      a.vpcmpgtd(MASK, NEXT_NUMBERS, visible);
      a.vmovups(right, MASK, LOWEST_SCORE);
    }
  }

  static void storeScores(Assembler a, Vec left, Vec right, int row) {
    a.vmovups(Mem.at(R13, row * SCORE_BYTES), left);
    a.vmovups(Mem.at(R13, row * SCORE_BYTES + VECTOR_BYTES), right);
  }

  static void checkRow(Assembler a, Vec left, Vec right, int row) {
    a.vmaxps(LARGER, left, right);
    a.vsubps(LARGER, LARGER, limit(R14, row));
    // In this order: an undefined score must not hide what other rows exceed.
    a.vmaxps(EXCESS, LARGER, EXCESS);
  }

  static void nextPanel(Assembler a, boolean masked) {
    if (masked) {
      a.vpaddd(NUMBERS, NEXT_NUMBERS, new Each(LANES.in(R15)));
    }
    a.add(R13, PANEL_BYTES);
  }

  /** The whole check, of scores in memory, among which those of hidden keys are replaced. */
  static void check(Assembler a, int rows, boolean masked) {
    load(a, R12, AttentionSlot.KEY_PANELS);
    startCheck(a, masked);
    Label panel = new Label();
    a.bind(panel);
    startPanel(a, masked);
    for (int row = 0; row < rows; row++) {
      Vec left = Vec.zmm(2 * row);
      Vec right = Vec.zmm(2 * row + 1);
      a.vmovups(left, Mem.at(R13, row * SCORE_BYTES));
      a.vmovups(right, Mem.at(R13, row * SCORE_BYTES + VECTOR_BYTES));
      if (masked) {
        hide(a, left, right, row, true);
        storeScores(a, left, right, row);
      }
      checkRow(a, left, right, row);
    }
    nextPanel(a, masked);
    a.sub(R12, 1);
    a.jump(Assembler.Condition.NOT_ZERO, panel);
  }

  /** A row's limit: a score above it changes the row's offset. */
  private static Each limit(Gp state, int row) {
    return new Each(Mem.at(state, row * VECTOR_BYTES));
  }

  private static Each offset(Gp state, int row) {
    return new Each(Mem.at(state, row * VECTOR_BYTES + OFFSET_BYTES));
  }

  /** From scores to weights. Sums and output get new offsets first, where rows need them. */
  static void weights(Assembler a, int rows, Places places) {
    load(a, RAX, AttentionSlot.CONSTANTS);
    a.vbroadcastss(SCALE, SCALE_FACTOR.in(RAX));
    for (int i = 0; i < SERIES.length; i++) {
      a.vbroadcastss(coefficient(i), Mem.at(RAX, (FIRST_OF_SERIES.index + i) * Float.BYTES));
    }
    Label within = new Label();
    Vec zero = Vec.zmm(0);
    a.vpxor(zero, zero, zero);
    a.vcmpltps(MASK, zero, EXCESS);
    a.kortestw(MASK);
    a.jump(Assembler.Condition.ZERO, within);
    newOffsets(a, rows);
    a.bind(within);
    exponentials(a, rows, places);
  }

  private static Vec coefficient(int i) {
    return Vec.zmm(SERIES_REGISTER + i);
  }

  /** {@code x = 2^x}. */
  private static void exponential(Assembler a, Vec x, Vec whole, Vec sum) {
    a.vrndscaleps(whole, x);
    a.vsubps(x, x, whole);
    a.vmovups(sum, coefficient(0));
    for (int i = 1; i < SERIES.length; i++) {
      a.vfmadd213ps(sum, x, coefficient(i));
    }
    a.vscalefps(x, sum, whole);
  }

  /** The rows are independent of each other, so the processor works on several at once. */
  private static void exponentials(Assembler a, int rows, Places places) {
    load(a, R8, AttentionSlot.SCORES);
    load(a, R9, AttentionSlot.WEIGHTS);
    load(a, RDI, AttentionSlot.STATE);
    load(a, RSI, AttentionSlot.SUMS);
    load(a, RCX, AttentionSlot.KEY_PANELS);
    Vec ones = Vec.zmm(31);
    a.vbroadcastss(ones, ONES.in(RAX));
    for (int row = 0; row < rows; row++) {
      a.vpxor(Vec.zmm(row), Vec.zmm(row), Vec.zmm(row));
    }
    Label panel = new Label();
    a.bind(panel);
    for (int row = 0; row < rows; row++) {
      Vec[] scratch = new Vec[6];
      for (int i = 0; i < scratch.length; i++) {
        scratch[i] = Vec.zmm(SCRATCH_REGISTER + (row & 1) * scratch.length + i);
      }
      for (int half = 0; half < 2; half++) {
        Vec weight = scratch[half];
        a.vmovups(weight, Mem.at(R8, row * SCORE_BYTES + half * VECTOR_BYTES));
        a.vfmsub213ps(weight, SCALE, offset(RDI, row));
        exponential(a, weight, scratch[2 + half], scratch[4 + half]);
      }
      a.vcvtne2ps2bf16(scratch[2], scratch[1], scratch[0]);
      // The sum of what was rounded: one large weight then divides out, however it was rounded.
      a.vdpbf16ps(Vec.zmm(row), scratch[2], ones);
      a.vmovups(Mem.at(R9, row * places.rowBytes), scratch[2]);
    }
    a.add(R8, PANEL_BYTES);
    a.add(R9, places.panelBytes);
    a.sub(RCX, 1);
    a.jump(Assembler.Condition.NOT_ZERO, panel);
    for (int row = 0; row < rows; row++) {
      Mem sum = Mem.at(RSI, row * VECTOR_BYTES);
      a.vaddps(Vec.zmm(row), Vec.zmm(row), sum);
      a.vmovups(sum, Vec.zmm(row));
    }
  }

  /** Of rows with a score above their limit; the factor of the others is exactly 1. */
  private static void newOffsets(Assembler a, int rows) {
    load(a, R13, AttentionSlot.SCORES);
    load(a, R14, AttentionSlot.OUTPUT_STRIDE);
    load(a, R15, AttentionSlot.OUTPUT);
    load(a, RDI, AttentionSlot.STATE);
    load(a, RSI, AttentionSlot.SUMS);
    a.mov(R12, rows);
    Label row = new Label();
    a.bind(row);
    Vec maximum = Vec.zmm(0);
    maximum(a, maximum, Vec.zmm(1));
    Vec limit = Vec.zmm(2);
    Vec offset = Vec.zmm(3);
    a.vbroadcastss(limit, Mem.at(RDI));
    a.vbroadcastss(offset, Mem.at(RDI, OFFSET_BYTES));
    a.vcmpltps(MASK, limit, maximum);
    Vec newOffset = Vec.zmm(4);
    a.vmulps(newOffset, maximum, SCALE);
    a.vaddps(maximum, maximum, new Each(SLACK.in(RAX)));
    a.vmovups(limit, MASK, maximum);
    Vec change = Vec.zmm(5);
    a.vsubps(change, offset, newOffset);
    exponential(a, change, Vec.zmm(6), Vec.zmm(7));
    a.vmovups(offset, MASK, newOffset);
    a.vmovups(Mem.at(RDI), Vec.ymm(2));
    a.vmovups(Mem.at(RDI, OFFSET_BYTES), Vec.ymm(3));
    Vec factor = Vec.zmm(8);
    a.vmovups(factor, coefficient(SERIES.length - 1));
    a.vmovups(factor, MASK, change);
    rescale(a, factor);
    a.add(R13, SCORE_BYTES);
    a.add(R15, R14);
    a.add(RDI, VECTOR_BYTES);
    a.add(RSI, VECTOR_BYTES);
    a.sub(R12, 1);
    a.jump(Assembler.Condition.NOT_ZERO, row);
  }

  /** The largest of a row's scores, in all lanes. */
  private static void maximum(Assembler a, Vec maximum, Vec other) {
    a.mov(R8, R13);
    load(a, RCX, AttentionSlot.KEY_PANELS);
    a.vmovups(maximum, Mem.at(R8));
    a.vmovups(other, Mem.at(R8, VECTOR_BYTES));
    Label loop = new Label();
    a.bind(loop);
    a.vmaxps(maximum, maximum, Mem.at(R8));
    a.vmaxps(other, other, Mem.at(R8, VECTOR_BYTES));
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

  /** Brings a row's sum and output to a new offset. */
  private static void rescale(Assembler a, Vec factor) {
    Vec[] scaled = {Vec.zmm(9), Vec.zmm(10)};
    a.vmulps(scaled[0], factor, Mem.at(RSI));
    a.vmovups(Mem.at(RSI), scaled[0]);
    a.mov(R8, R15);
    load(a, RCX, AttentionSlot.VALUE_PANELS);
    Label loop = new Label();
    a.bind(loop);
    for (int half = 0; half < 2; half++) {
      Mem place = Mem.at(R8, half * VECTOR_BYTES);
      a.vmulps(scaled[half], factor, place);
      a.vmovups(place, scaled[half]);
    }
    a.add(R8, PANEL_BYTES);
    a.sub(RCX, 1);
    a.jump(Assembler.Condition.NOT_ZERO, loop);
  }
}
