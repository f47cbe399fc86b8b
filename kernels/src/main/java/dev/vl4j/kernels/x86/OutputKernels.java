package dev.vl4j.kernels.x86;

import static dev.vl4j.kernels.x86.Gp.R10;
import static dev.vl4j.kernels.x86.Gp.R11;
import static dev.vl4j.kernels.x86.Gp.R12;
import static dev.vl4j.kernels.x86.Gp.R13;
import static dev.vl4j.kernels.x86.Gp.R14;
import static dev.vl4j.kernels.x86.Gp.R15;
import static dev.vl4j.kernels.x86.Gp.R8;
import static dev.vl4j.kernels.x86.Gp.R9;
import static dev.vl4j.kernels.x86.Gp.RAX;
import static dev.vl4j.kernels.x86.Gp.RBP;
import static dev.vl4j.kernels.x86.Gp.RBX;
import static dev.vl4j.kernels.x86.Gp.RCX;
import static dev.vl4j.kernels.x86.Gp.RDI;
import static dev.vl4j.kernels.x86.Gp.RDX;
import static dev.vl4j.kernels.x86.Gp.RSI;

import dev.vl4j.kernels.Activation;

/**
 * Generator of what follows a product's tiles, on AVX-512: from finished sums of one panel to rows
 * of the output, in one pass. Sums of digits also get their scale and the products of high digits.
 *
 * <p>RDI: a frame of {@link OutputSlot}s.
 */
final class OutputKernels {
  /** Bytes of a high digit's entry, and where its word of operands stands. */
  static final int HIGH_BYTES = 16;

  static final int HIGH_WORD = 8;

  /** A row's high digits of one sign come in groups of so many, the rest of which are zeros. */
  static final int HIGH_GROUP = 4;

  private static final int VECTOR_BYTES = 64;
  private static final Gp[] SAVED = {RBX, RBP, R12, R13, R14, R15};
  private static final Mask FREE = new Mask(3);

  /** The panel's two vectors of a kind of number, from a register on. */
  private enum Pair {
    SUMS(0),
    STEPS(2),
    POSITIVE(11),
    NEGATIVE(13),
    BIAS(16),
    COMPENSATION(18),
    COLUMN_SCALES(20);

    private final int first;

    Pair(int first) {
      this.first = first;
    }

    Vec at(int vector) {
      return Vec.zmm(first + vector);
    }
  }

  private static final int SCRATCH = 4;
  private static final int FIRST_PART = 22;

  private final Assembler a = new Assembler();
  private final Elementary elementary = Elementary.wide(a, RAX, SCRATCH, FREE);
  private final OutputKind kind;

  private OutputKernels(OutputKind kind) {
    this.kind = kind;
  }

  static byte[] write(OutputKind kind) {
    return new OutputKernels(kind).emit();
  }

  private byte[] emit() {
    for (Gp register : SAVED) {
      a.push(register);
    }
    a.mov(RBX, RDI);
    load(RAX, OutputSlot.CONSTANTS);
    load(R8, OutputSlot.ROWS);
    load(RSI, OutputSlot.SUMS);
    load(RDX, OutputSlot.OUT);
    if (!kind.whole()) {
      a.kmovw(mask(0), Mem.at(RBX, OutputSlot.MASKS.offset()));
      a.kmovw(mask(1), Mem.at(RBX, OutputSlot.MASKS.offset() + Short.BYTES));
    }
    load(RBP, OutputSlot.NEXT_OUT);
    if (kind.residual()) {
      load(RCX, OutputSlot.RESIDUAL);
      load(RDI, OutputSlot.NEXT_RESIDUAL);
    }
    if (kind.bias()) {
      load(R9, OutputSlot.BIAS);
      for (int vector = 0; vector < 2; vector++) {
        read(Pair.BIAS.at(vector), Mem.at(R9, vector * VECTOR_BYTES), vector);
      }
    }
    if (kind.quantised()) {
      loadScales();
    }
    Label row = new Label();
    a.bind(row);
    for (int vector = 0; vector < 2; vector++) {
      a.vmovups(Pair.SUMS.at(vector), Mem.at(RSI, vector * VECTOR_BYTES));
    }
    if (kind.quantised()) {
      scale();
    }
    if (kind.gated()) {
      elementary.silu(Pair.SUMS.at(0));
      a.vmulps(Pair.SUMS.at(0), Pair.SUMS.at(0), Pair.SUMS.at(1));
      write(0);
    } else {
      for (int vector = 0; vector < 2; vector++) {
        finish(vector);
        write(vector);
      }
    }
    fetchNext();
    a.add(RSI, TileKernels.PANEL * Float.BYTES);
    a.add(RDX, Mem.at(RBX, OutputSlot.OUT_STRIDE.offset()));
    if (kind.residual()) {
      a.add(RCX, Mem.at(RBX, OutputSlot.RESIDUAL_STRIDE.offset()));
    }
    a.sub(R8, 1);
    a.jump(Assembler.Condition.NOT_ZERO, row);
    for (int i = SAVED.length - 1; i >= 0; i--) {
      a.pop(SAVED[i]);
    }
    a.vzeroupper();
    a.ret();
    return a.toBytes();
  }

  /** Memory that is far away arrives while the next tile is computed. */
  private void fetchNext() {
    for (int vector = 0; vector < (kind.gated() ? 1 : 2); vector++) {
      if (vector == 0 || !kind.rounded()) {
        a.prefetchw(Mem.at(RBP, vector * VECTOR_BYTES));
      }
      if (kind.residual()) {
        a.prefetcht0(Mem.at(RDI, vector * VECTOR_BYTES));
      }
    }
    a.add(RBP, Mem.at(RBX, OutputSlot.OUT_STRIDE.offset()));
    if (kind.residual()) {
      a.add(RDI, Mem.at(RBX, OutputSlot.RESIDUAL_STRIDE.offset()));
    }
  }

  private void load(Gp to, OutputSlot slot) {
    a.mov(to, Mem.at(RBX, slot.offset()));
  }

  /** Which columns of a vector exist. */
  private static Mask mask(int vector) {
    return new Mask(1 + vector);
  }

  private void read(Vec to, Mem from, int vector) {
    if (kind.whole()) {
      a.vmovups(to, from);
    } else {
      a.vmovupsZeroing(to, mask(vector), from);
    }
  }

  private void finish(int vector) {
    Vec sum = Pair.SUMS.at(vector);
    if (kind.bias()) {
      a.vaddps(sum, sum, Pair.BIAS.at(vector));
    }
    if (kind.activation() == Activation.GELU_TANH) {
      elementary.geluTanh(sum);
    } else if (kind.activation() == Activation.GELU_ERF) {
      elementary.geluErf(sum);
    }
    if (kind.residual()) {
      Vec residual = Vec.zmm(SCRATCH);
      read(residual, Mem.at(RCX, vector * VECTOR_BYTES), vector);
      a.vaddps(sum, sum, residual);
    }
  }

  private void write(int vector) {
    if (kind.rounded()) {
      writeRounded(vector);
      return;
    }
    Mem to = Mem.at(RDX, vector * VECTOR_BYTES);
    if (kind.whole()) {
      a.vmovups(to, Pair.SUMS.at(vector));
    } else {
      a.vmovups(to, mask(vector), Pair.SUMS.at(vector));
    }
  }

  private void writeRounded(int vector) {
    Vec sum = Pair.SUMS.at(vector);
    if (!kind.whole()) {
      a.vmovupsZeroing(sum, mask(vector), sum);
    }
    Vec rounded = Vec.ymm(sum.number());
    a.vcvtneps2bf16(rounded, sum);
    a.vmovups(Mem.at(RDX, vector * VECTOR_BYTES / 2), rounded);
  }

  private void loadScales() {
    load(R9, OutputSlot.COMPENSATION);
    load(R10, OutputSlot.COLUMN_SCALES);
    for (int vector = 0; vector < 2; vector++) {
      a.vmovups(Pair.COMPENSATION.at(vector), Mem.at(R9, vector * VECTOR_BYTES));
      a.vmovups(Pair.COLUMN_SCALES.at(vector), Mem.at(R10, vector * VECTOR_BYTES));
    }
    load(R13, OutputSlot.WEIGHTS);
    load(R14, OutputSlot.ROW_SCALES);
    load(R15, OutputSlot.HIGH_DIGITS);
  }

  /** Integer sums to float32: {@code low * step + high * (step * base)}. */
  private void scale() {
    Vec rowStep = Vec.zmm(SCRATCH);
    a.vbroadcastss(rowStep, Mem.at(R14));
    for (int vector = 0; vector < 2; vector++) {
      Vec sum = Pair.SUMS.at(vector);
      Vec step = Pair.STEPS.at(vector);
      a.vpsubd(sum, sum, Pair.COMPENSATION.at(vector));
      a.vcvtdq2ps(sum, sum);
      a.vmulps(step, rowStep, Pair.COLUMN_SCALES.at(vector));
      a.vmulps(sum, sum, step);
    }
    a.mov(R12, Mem.at(R15));
    a.mov(R10, Mem.at(R15, Long.BYTES));
    a.mov(R11, Mem.at(R15, 2 * Long.BYTES));
    a.add(R14, Float.BYTES);
    a.add(R15, 3 * Long.BYTES);
    a.lea(R9, Mem.at(R10, R11, 1, 0));
    a.test(R9, R9);
    Label none = new Label();
    a.jump(Assembler.Condition.ZERO, none);
    addHighDigits();
    a.bind(none);
  }

  private void addHighDigits() {
    sumHighDigits(Pair.POSITIVE, R10);
    sumHighDigits(Pair.NEGATIVE, R11);
    for (int vector = 0; vector < 2; vector++) {
      Vec high = Pair.POSITIVE.at(vector);
      Vec step = Pair.STEPS.at(vector);
      a.vpsubd(high, high, Pair.NEGATIVE.at(vector));
      a.vcvtdq2ps(high, high);
      a.vmulps(step, step, elementary.of(Elementary.Constant.BASE));
      a.vmulps(high, high, step);
      a.vaddps(Pair.SUMS.at(vector), Pair.SUMS.at(vector), high);
    }
  }

  /**
   * The instruction takes unsigned digits, so those of one sign are summed apart; several at once,
   * each in sums of its own, since a sum waits for the one before it.
   *
   * @param groups how many times {@link #HIGH_GROUP} there are
   */
  private void sumHighDigits(Pair sums, Gp groups) {
    for (int i = 0; i < 2 * HIGH_GROUP; i++) {
      Vec part = part(sums, i / 2, i % 2);
      a.vpxor(part, part, part);
    }
    Label end = new Label();
    a.test(groups, groups);
    a.jump(Assembler.Condition.ZERO, end);
    Label loop = new Label();
    a.bind(loop);
    for (int i = 0; i < HIGH_GROUP; i++) {
      Vec word = Vec.zmm(SCRATCH + i);
      a.vpbroadcastd(word, Mem.at(R12, i * HIGH_BYTES + HIGH_WORD));
      a.mov(R9, Mem.at(R12, i * HIGH_BYTES));
      for (int vector = 0; vector < 2; vector++) {
        a.vpdpbusd(part(sums, i, vector), word, Mem.at(R13, R9, 1, vector * VECTOR_BYTES));
      }
    }
    a.add(R12, HIGH_GROUP * HIGH_BYTES);
    a.sub(groups, 1);
    a.jump(Assembler.Condition.NOT_ZERO, loop);
    for (int i = 1; i < HIGH_GROUP; i++) {
      for (int vector = 0; vector < 2; vector++) {
        a.vpaddd(sums.at(vector), sums.at(vector), part(sums, i, vector));
      }
    }
    a.bind(end);
  }

  /** The sums that one of a group's digits is added to. */
  private static Vec part(Pair sums, int digit, int vector) {
    return digit == 0 ? sums.at(vector) : Vec.zmm(FIRST_PART + 2 * digit + vector);
  }
}
