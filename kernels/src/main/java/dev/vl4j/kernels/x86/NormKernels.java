package dev.vl4j.kernels.x86;

import static dev.vl4j.kernels.x86.Gp.R10;
import static dev.vl4j.kernels.x86.Gp.R11;
import static dev.vl4j.kernels.x86.Gp.R12;
import static dev.vl4j.kernels.x86.Gp.R13;
import static dev.vl4j.kernels.x86.Gp.R8;
import static dev.vl4j.kernels.x86.Gp.R9;
import static dev.vl4j.kernels.x86.Gp.RAX;
import static dev.vl4j.kernels.x86.Gp.RBP;
import static dev.vl4j.kernels.x86.Gp.RBX;
import static dev.vl4j.kernels.x86.Gp.RCX;
import static dev.vl4j.kernels.x86.Gp.RDI;
import static dev.vl4j.kernels.x86.Gp.RDX;
import static dev.vl4j.kernels.x86.Gp.RSI;

/**
 * Generator of norms and rotations of many rows, on AVX-512. Sums are of sixteen lanes, a vector
 * after the other, whose lanes are added in halves: what Java's vectors give, bit by bit.
 *
 * <p>RDI: a frame of {@link NormSlot}s.
 */
final class NormKernels {
  static final int LANES = 16;

  private static final int VECTOR_BYTES = LANES * Float.BYTES;
  private static final Mask REST = new Mask(1);

  static final Vec SUM = Vec.zmm(0);
  private static final Vec MEAN = Vec.zmm(1);
  static final Vec FACTOR = Vec.zmm(2);
  static final Vec ONE = Vec.xmm(3);
  static final Vec SCRATCH = Vec.zmm(4);
  static final Vec OTHER = Vec.zmm(5);
  static final Vec FIRST = Vec.zmm(6);
  static final Vec SECOND = Vec.zmm(7);
  static final Vec COSINE = Vec.zmm(8);
  static final Vec SINE = Vec.zmm(9);

  /** A row's floats at the present vector, and their place in a span of what all spans share. */
  private static final Mem X = Mem.at(RSI, RCX, 1, 0);

  /** The same in the next row: spans are too short for the processor to fetch ahead by itself. */
  private static final Mem NEXT_X = Mem.at(R12, RCX, 1, 0);

  private static final Mem NEXT_PARTNER = Mem.at(R13, RCX, 1, 0);
  private static final Mem OUT = Mem.at(RDX, RCX, 1, 0);
  private static final Mem WEIGHT = Mem.at(RBX, RAX, 1, 0);
  private static final Mem BIAS = Mem.at(RBP, RAX, 1, 0);

  private final Assembler a = new Assembler();
  private final boolean hasRest;

  /** A register with a row's address, and where the distance to the next row stands. */
  private record Advance(Gp row, NormSlot stride) {}

  /** What is done to a vector, or to a rest that fills none. */
  private interface Step {
    void emit(boolean isRest);
  }

  private NormKernels(boolean hasRest) {
    this.hasRest = hasRest;
  }

  /** {@code out = x / sqrt(mean(x^2) + epsilon) * weight} over each span. */
  static byte[] rmsNorm(boolean hasRest) {
    NormKernels kernel = new NormKernels(hasRest);
    kernel.open();
    kernel.load(RDX, NormSlot.OUT);
    kernel.load(RBX, NormSlot.WEIGHT);
    kernel.spans(
        kernel::rmsNormSpan,
        new Advance(RSI, NormSlot.X_STRIDE),
        new Advance(RDX, NormSlot.OUT_STRIDE));
    return kernel.close();
  }

  /** {@code out = (x - mean) / sqrt(variance + epsilon) * weight + bias} over each span. */
  static byte[] layerNorm(boolean hasRest) {
    NormKernels kernel = new NormKernels(hasRest);
    kernel.open();
    kernel.load(RDX, NormSlot.OUT);
    kernel.load(RBX, NormSlot.WEIGHT);
    kernel.load(RBP, NormSlot.BIAS);
    kernel.spans(
        kernel::layerNormSpan,
        new Advance(RSI, NormSlot.X_STRIDE),
        new Advance(RDX, NormSlot.OUT_STRIDE));
    return kernel.close();
  }

  /** Turns pairs of floats, half a span apart, by a row's angles, in place. */
  static byte[] rotate(boolean hasRest) {
    NormKernels kernel = new NormKernels(hasRest);
    kernel.open();
    kernel.load(RDX, NormSlot.PARTNER);
    kernel.load(RBX, NormSlot.COSINE);
    kernel.load(RBP, NormSlot.SINE);
    kernel.spans(
        () -> kernel.vectors(kernel::rotatePairs),
        new Advance(RSI, NormSlot.X_STRIDE),
        new Advance(RDX, NormSlot.X_STRIDE),
        new Advance(RBX, NormSlot.COSINE_STRIDE),
        new Advance(RBP, NormSlot.SINE_STRIDE));
    return kernel.close();
  }

  private void open() {
    a.push(RBX);
    a.push(RBP);
    a.push(R12);
    a.push(R13);
    load(RSI, NormSlot.X);
    if (hasRest) {
      a.kmovw(REST, frame(NormSlot.MASK));
    }
    a.vmovsd(ONE, frame(NormSlot.ONE));
  }

  private byte[] close() {
    a.pop(R13);
    a.pop(R12);
    a.pop(RBP);
    a.pop(RBX);
    a.vzeroupper();
    a.ret();
    return a.toBytes();
  }

  private static Mem frame(NormSlot slot) {
    return Mem.at(RDI, slot.offset());
  }

  private void load(Gp to, NormSlot slot) {
    a.mov(to, frame(slot));
  }

  /** All spans of all rows; R11 is a span's offset in its row. */
  private void spans(Runnable span, Advance... advances) {
    load(R8, NormSlot.ROWS);
    Label nextRow = new Label();
    a.bind(nextRow);
    load(R9, NormSlot.SPANS);
    nextRow(R12, RSI);
    nextRow(R13, RDX);
    a.mov(R11, 0);
    Label nextSpan = new Label();
    a.bind(nextSpan);
    span.run();
    a.add(R11, frame(NormSlot.SPAN_BYTES));
    a.sub(R9, 1);
    a.jump(Assembler.Condition.NOT_ZERO, nextSpan);
    for (Advance advance : advances) {
      a.add(advance.row, frame(advance.stride));
    }
    a.sub(R8, 1);
    a.jump(Assembler.Condition.NOT_ZERO, nextRow);
  }

  private void nextRow(Gp to, Gp row) {
    a.mov(to, row);
    a.add(to, frame(NormSlot.X_STRIDE));
  }

  /** All vectors of a span; RCX is a vector's offset in its row, RAX in its span. */
  private void vectors(Step step) {
    a.mov(RCX, R11);
    a.mov(RAX, 0);
    load(R10, NormSlot.VECTORS);
    Label end = new Label();
    if (hasRest) { // then there may be nothing else
      a.test(R10, R10);
      a.jump(Assembler.Condition.ZERO, end);
    }
    Label loop = new Label();
    a.bind(loop);
    step.emit(false);
    a.add(RCX, VECTOR_BYTES);
    a.add(RAX, VECTOR_BYTES);
    a.sub(R10, 1);
    a.jump(Assembler.Condition.NOT_ZERO, loop);
    if (hasRest) {
      a.bind(end);
      step.emit(true);
    }
  }

  private void read(Vec to, Mem from, boolean isRest) {
    if (isRest) {
      a.vmovupsZeroing(to, REST, from);
    } else {
      a.vmovups(to, from);
    }
  }

  private void write(Mem to, Vec from, boolean isRest) {
    if (isRest) {
      a.vmovups(to, REST, from);
    } else {
      a.vmovups(to, from);
    }
  }

  private void rmsNormSpan() {
    a.vpxor(SUM, SUM, SUM);
    vectors(isRest -> {
      a.prefetcht0(NEXT_X);
      read(SCRATCH, X, isRest);
      a.vfmadd231ps(SUM, SCRATCH, SCRATCH);
    });
    mean(a);
    inverseRoot(a);
    vectors(isRest -> {
      read(SCRATCH, X, isRest);
      read(OTHER, WEIGHT, isRest);
      a.vmulps(SCRATCH, SCRATCH, FACTOR);
      a.vmulps(SCRATCH, SCRATCH, OTHER);
      write(OUT, SCRATCH, isRest);
    });
  }

  private void layerNormSpan() {
    a.vpxor(SUM, SUM, SUM);
    vectors(isRest -> {
      a.prefetcht0(NEXT_X);
      read(SCRATCH, X, isRest);
      a.vaddps(SUM, SUM, SCRATCH);
    });
    mean(a);
    a.vcvtsd2ss(low(SUM), low(SUM), low(SUM));
    a.vbroadcastss(MEAN, low(SUM));
    a.vpxor(SUM, SUM, SUM);
    vectors(isRest -> {
      centre(isRest);
      a.vmulps(SCRATCH, SCRATCH, SCRATCH);
      a.vaddps(SUM, SUM, SCRATCH);
    });
    mean(a);
    inverseRoot(a);
    vectors(isRest -> {
      centre(isRest);
      read(OTHER, WEIGHT, isRest);
      read(FIRST, BIAS, isRest);
      a.vmulps(SCRATCH, SCRATCH, FACTOR);
      a.vfmadd213ps(SCRATCH, OTHER, FIRST);
      write(OUT, SCRATCH, isRest);
    });
  }

  /** Floats less their mean, zero where there are none. */
  private void centre(boolean isRest) {
    read(SCRATCH, X, isRest);
    a.vsubps(SCRATCH, SCRATCH, MEAN);
    if (isRest) {
      a.vmovupsZeroing(SCRATCH, REST, SCRATCH);
    }
  }

  private static Vec low(Vec vector) {
    return Vec.xmm(vector.number());
  }

  /** Adds the sum's lanes, each to the one that is half of what is left away, and divides. */
  static void mean(Assembler a) {
    int swapHalves = 0x4E;
    int swapNeighbours = 0xB1;
    a.vshuff32x4(SCRATCH, SUM, SUM, swapHalves);
    a.vaddps(SUM, SUM, SCRATCH);
    a.vshuff32x4(SCRATCH, SUM, SUM, swapNeighbours);
    a.vaddps(SUM, SUM, SCRATCH);
    a.vpermilps(SCRATCH, SUM, swapHalves);
    a.vaddps(SUM, SUM, SCRATCH);
    a.vpermilps(SCRATCH, SUM, swapNeighbours);
    a.vaddps(SUM, SUM, SCRATCH);
    a.vcvtss2sd(low(SUM), low(SUM), low(SUM));
    a.vdivsd(low(SUM), low(SUM), frame(NormSlot.COUNT));
  }

  /** The factor of a norm from the mean of squares. */
  static void inverseRoot(Assembler a) {
    Vec root = low(SUM);
    a.vaddsd(root, root, frame(NormSlot.EPSILON));
    a.vsqrtsd(root, root, root);
    a.vdivsd(root, ONE, root);
    a.vcvtsd2ss(root, root, root);
    a.vbroadcastss(FACTOR, root);
  }

  /** Here the partners lie where a norm's output would, angles where its weight and bias would. */
  private void rotatePairs(boolean isRest) {
    a.prefetchw(NEXT_X);
    a.prefetchw(NEXT_PARTNER);
    read(FIRST, X, isRest);
    read(SECOND, OUT, isRest);
    read(COSINE, WEIGHT, isRest);
    read(SINE, BIAS, isRest);
    a.vmulps(SCRATCH, FIRST, COSINE);
    a.vmulps(OTHER, SECOND, SINE);
    a.vsubps(SCRATCH, SCRATCH, OTHER);
    write(X, SCRATCH, isRest);
    a.vmulps(SCRATCH, SECOND, COSINE);
    a.vmulps(OTHER, FIRST, SINE);
    a.vaddps(SCRATCH, SCRATCH, OTHER);
    write(OUT, SCRATCH, isRest);
  }
}
