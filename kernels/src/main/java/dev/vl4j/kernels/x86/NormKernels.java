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
import static dev.vl4j.kernels.x86.Gp.RDX;
import static dev.vl4j.kernels.x86.Gp.RSI;
import static dev.vl4j.kernels.x86.NormRegisters.frame;
import static dev.vl4j.kernels.x86.NormRegisters.low;

/**
 * Generator of norms and rotations of many rows, on registers of 512 or 256 bits. Sums are of as
 * many lanes, a vector after the other, whose lanes are added in halves: what Java's vectors of
 * that width give, bit by bit.
 *
 * <p>RDI: a frame of {@link NormSlot}s.
 */
final class NormKernels {
  private static final Mask REST = new Mask(1);

  /** A row's floats at the present vector, and their place in a span of what all spans share. */
  private static final Mem X = Mem.at(RSI, RCX, 1, 0);

  /** The same in the next row: spans are too short for the processor to fetch ahead by itself. */
  private static final Mem NEXT_X = Mem.at(R12, RCX, 1, 0);

  private static final Mem NEXT_PARTNER = Mem.at(R13, RCX, 1, 0);
  private static final Mem OUT = Mem.at(RDX, RCX, 1, 0);
  private static final Mem WEIGHT = Mem.at(RBX, RAX, 1, 0);
  private static final Mem BIAS = Mem.at(RBP, RAX, 1, 0);

  private final Assembler a = new Assembler();
  private final NormRegisters registers;
  private final Vec sum;
  private final Vec scratch;
  private final Vec other;
  private final boolean hasRest;

  /** A register with a row's address, and where the distance to the next row stands. */
  private record Advance(Gp row, NormSlot stride) {}

  /** What is done to a vector, or to a rest that fills none. */
  private interface Step {
    void emit(boolean isRest);
  }

  private NormKernels(NormRegisters registers, boolean hasRest) {
    this.registers = registers;
    this.hasRest = hasRest;
    sum = registers.sum();
    scratch = registers.scratch();
    other = registers.other();
  }

  /** {@code out = x / sqrt(mean(x^2) + epsilon) * weight} over each span. */
  static byte[] rmsNorm(NormRegisters registers, boolean hasRest) {
    NormKernels kernel = new NormKernels(registers, hasRest);
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
  static byte[] layerNorm(NormRegisters registers, boolean hasRest) {
    NormKernels kernel = new NormKernels(registers, hasRest);
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
  static byte[] rotate(NormRegisters registers, boolean hasRest) {
    NormKernels kernel = new NormKernels(registers, hasRest);
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
    if (hasRest && isWide()) {
      a.kmovw(REST, frame(NormSlot.MASK));
    } else if (hasRest) {
      load(RAX, NormSlot.MASK);
      a.vmovups(registers.rest(), Mem.at(RAX));
    }
    a.vmovsd(registers.one(), frame(NormSlot.ONE));
  }

  private boolean isWide() {
    return registers.bits() == 512;
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
    a.add(RCX, registers.vectorBytes());
    a.add(RAX, registers.vectorBytes());
    a.sub(R10, 1);
    a.jump(Assembler.Condition.NOT_ZERO, loop);
    if (hasRest) {
      a.bind(end);
      step.emit(true);
    }
  }

  private void read(Vec to, Mem from, boolean isRest) {
    if (isRest && isWide()) {
      a.vmovupsZeroing(to, REST, from);
    } else if (isRest) {
      a.vmaskmovps(to, registers.rest(), from);
    } else {
      a.vmovups(to, from);
    }
  }

  private void write(Mem to, Vec from, boolean isRest) {
    if (isRest && isWide()) {
      a.vmovups(to, REST, from);
    } else if (isRest) {
      a.vmaskmovps(to, registers.rest(), from);
    } else {
      a.vmovups(to, from);
    }
  }

  private void rmsNormSpan() {
    a.vpxor(sum, sum, sum);
    vectors(isRest -> {
      a.prefetcht0(NEXT_X);
      read(scratch, X, isRest);
      a.vfmadd231ps(sum, scratch, scratch);
    });
    registers.mean(a);
    registers.inverseRoot(a);
    vectors(isRest -> {
      read(scratch, X, isRest);
      read(other, WEIGHT, isRest);
      a.vmulps(scratch, scratch, registers.factor());
      a.vmulps(scratch, scratch, other);
      write(OUT, scratch, isRest);
    });
  }

  private void layerNormSpan() {
    a.vpxor(sum, sum, sum);
    vectors(isRest -> {
      a.prefetcht0(NEXT_X);
      read(scratch, X, isRest);
      a.vaddps(sum, sum, scratch);
    });
    registers.mean(a);
    a.vcvtsd2ss(low(sum), low(sum), low(sum));
    a.vbroadcastss(registers.mean(), low(sum));
    a.vpxor(sum, sum, sum);
    vectors(isRest -> {
      centre(isRest);
      a.vmulps(scratch, scratch, scratch);
      a.vaddps(sum, sum, scratch);
    });
    registers.mean(a);
    registers.inverseRoot(a);
    vectors(isRest -> {
      centre(isRest);
      read(other, WEIGHT, isRest);
      read(registers.first(), BIAS, isRest);
      a.vmulps(scratch, scratch, registers.factor());
      a.vfmadd213ps(scratch, other, registers.first());
      write(OUT, scratch, isRest);
    });
  }

  /** Floats less their mean, zero where there are none. */
  private void centre(boolean isRest) {
    read(scratch, X, isRest);
    a.vsubps(scratch, scratch, registers.mean());
    if (isRest && isWide()) {
      a.vmovupsZeroing(scratch, REST, scratch);
    } else if (isRest) {
      a.vandps(scratch, scratch, registers.rest());
    }
  }

  /** Here the partners lie where a norm's output would, angles where its weight and bias would. */
  private void rotatePairs(boolean isRest) {
    Vec first = registers.first();
    Vec second = registers.second();
    Vec cosine = registers.cosine();
    Vec sine = registers.sine();
    a.prefetchw(NEXT_X);
    a.prefetchw(NEXT_PARTNER);
    read(first, X, isRest);
    read(second, OUT, isRest);
    read(cosine, WEIGHT, isRest);
    read(sine, BIAS, isRest);
    a.vmulps(scratch, first, cosine);
    a.vmulps(other, second, sine);
    a.vsubps(scratch, scratch, other);
    write(X, scratch, isRest);
    a.vmulps(scratch, second, cosine);
    a.vmulps(other, first, sine);
    a.vaddps(scratch, scratch, other);
    write(OUT, scratch, isRest);
  }
}
