package dev.vl4j.kernels.x86;

import static dev.vl4j.kernels.x86.Gp.R10;
import static dev.vl4j.kernels.x86.Gp.R11;
import static dev.vl4j.kernels.x86.Gp.R8;
import static dev.vl4j.kernels.x86.Gp.R9;
import static dev.vl4j.kernels.x86.Gp.RAX;
import static dev.vl4j.kernels.x86.Gp.RBX;
import static dev.vl4j.kernels.x86.Gp.RCX;
import static dev.vl4j.kernels.x86.Gp.RDI;
import static dev.vl4j.kernels.x86.Gp.RDX;
import static dev.vl4j.kernels.x86.Gp.RSI;
import static dev.vl4j.kernels.x86.Gp.RSP;

import dev.vl4j.kernels.x86.Elementary.Constant;

/**
 * Generator of what float32 attention does beside its products, on 256-bit registers: the online
 * softmax of {@code dev.vl4j.kernels.cpu.vector.TiledAttention}, to the last bit.
 */
final class FloatAttentionKernels {
  private static final int VECTOR_BYTES = FloatKernels.VECTOR_BYTES;
  private static final int LANES = VECTOR_BYTES / Float.BYTES;

  /** Arguments of {@link #softmax} that do not fit in registers. */
  static final int STACK_ARGUMENTS = 4;

  /** Where the lanes' numbers, and how many there are, stand behind the constants: int32. */
  static final int NUMBERS = Constant.values().length * VECTOR_BYTES;

  static final int TURN = NUMBERS + VECTOR_BYTES;

  /** Bytes of all constants. */
  static final int CONSTANT_BYTES = TURN + VECTOR_BYTES;

  private static final Vec X = Vec.ymm(0);
  private static final Vec LARGEST = Vec.ymm(1);
  private static final Vec NUMBER = Vec.ymm(2);
  private static final Vec SEEN = Vec.ymm(3);
  private static final int SCRATCH = 4;
  private static final Vec OTHER = Vec.ymm(SCRATCH);
  private static final Vec SUM = Vec.ymm(11);
  private static final Vec MASK = Vec.ymm(12);
  private static final Vec LEAST = Vec.ymm(13);

  private final Assembler a = new Assembler();

  /** RAX has the constants' address. */
  private final Elementary elementary = Elementary.narrow(a, RAX, SCRATCH);

  /** Whether some rows do not see all keys. */
  private final boolean masked;

  private FloatAttentionKernels(boolean masked) {
    this.masked = masked;
  }

  /**
   * Turns rows of scores into weights relative to the largest score so far, and brings the rows'
   * sums and output so far to that scale. Keys that a row does not see get weight zero.
   *
   * <p>RDI: rows of scores; RSI: rows of output; RDX: a vector of sums for each row; RCX: the
   * largest score so far of each row; R8: int32, how many keys each row sees; R9: rows, at least 1;
   * on the stack: keys, columns of output, both multiples of a vector, at least one; bytes from one
   * row of scores or of output to the next; the address of the constants.
   *
   * @param masked whether some rows do not see all keys; otherwise R8 is of no interest
   */
  static byte[] softmax(boolean masked) {
    FloatAttentionKernels kernel = new FloatAttentionKernels(masked);
    kernel.emitSoftmax();
    return kernel.a.toBytes();
  }

  private void emitSoftmax() {
    a.push(RBX);
    a.mov(RAX, onStack(3));
    a.mov(RBX, onStack(2));
    elementary.load(LEAST, Constant.NEGATIVE_INFINITY);
    Label row = new Label();
    a.bind(row);
    if (masked) {
      a.vpbroadcastd(SEEN, Mem.at(R8));
    }
    largest();
    rescale();
    weigh();
    a.add(RDI, RBX);
    a.add(RSI, RBX);
    a.add(RDX, VECTOR_BYTES);
    a.add(RCX, Float.BYTES);
    a.add(R8, Integer.BYTES);
    a.sub(R9, 1);
    a.jump(Assembler.Condition.NOT_ZERO, row);
    a.pop(RBX);
    a.vzeroupper();
    a.ret();
  }

  private static Mem onStack(int number) {
    return Mem.at(RSP, (2 + number) * Long.BYTES);
  }

  /** All vectors of a row of R11 elements; R10 is one's offset in it. */
  private void vectors(Runnable vector) {
    a.mov(R10, 0);
    Label loop = new Label();
    a.bind(loop);
    vector.run();
    a.add(R10, VECTOR_BYTES);
    a.sub(R11, LANES);
    a.jump(Assembler.Condition.NOT_ZERO, loop);
  }

  /** All vectors of a row's keys, with {@link #MASK} set where the row sees the key. */
  private void keys(Runnable vector) {
    if (masked) {
      a.vmovups(NUMBER, Mem.at(RAX, NUMBERS));
    }
    a.mov(R11, onStack(0));
    vectors(() -> {
      if (masked) {
        a.vpcmpgtd(MASK, SEEN, NUMBER);
        a.vpaddd(NUMBER, NUMBER, Mem.at(RAX, TURN));
      }
      a.vmovups(X, Mem.at(RDI, R10, 1, 0));
      vector.run();
    });
  }

  /** The largest score, so far and of these keys, in all lanes of {@link #LARGEST}. */
  private void largest() {
    a.vmovups(LARGEST, LEAST);
    keys(() -> {
      if (masked) {
        a.vblendvps(X, LEAST, X, MASK);
      }
      a.vmaxps(LARGEST, LARGEST, X);
    });
    LaneReduction.ofEight(a, LARGEST, OTHER, a::vmaxps);
    Vec low = Vec.xmm(LARGEST.number());
    Vec before = Vec.xmm(OTHER.number());
    a.vbroadcastss(before, Mem.at(RCX));
    a.vmaxps(low, before, low);
    a.vbroadcastss(LARGEST, low);
  }

  private void rescale() {
    Label same = new Label();
    a.vucomiss(Vec.xmm(LARGEST.number()), Mem.at(RCX));
    a.jump(Assembler.Condition.ZERO, same);
    a.vbroadcastss(X, Mem.at(RCX));
    a.vsubps(X, X, LARGEST);
    elementary.exp(X);
    a.vmulps(SUM, X, Mem.at(RDX));
    a.vmovups(Mem.at(RDX), SUM);
    a.mov(R11, onStack(1));
    vectors(() -> {
      Mem output = Mem.at(RSI, R10, 1, 0);
      a.vmulps(OTHER, X, output);
      a.vmovups(output, OTHER);
    });
    a.vmovss(Mem.at(RCX), Vec.xmm(LARGEST.number()));
    a.bind(same);
  }

  private void weigh() {
    a.vmovups(SUM, Mem.at(RDX));
    keys(() -> {
      a.vsubps(X, X, LARGEST);
      elementary.exp(X);
      if (masked) {
        a.vandps(X, X, MASK);
      }
      a.vmovups(Mem.at(RDI, R10, 1, 0), X);
      a.vaddps(SUM, SUM, X);
    });
    a.vmovups(Mem.at(RDX), SUM);
  }

  /**
   * Divides rows of output by the totals of their sums' lanes, which are added in halves.
   *
   * <p>RDI: rows of output; RSI: a vector of sums for each; RDX: rows, at least 1; RCX: columns, a
   * multiple of a vector, at least one; R8: bytes from one row of output to the next; R9: where the
   * quotients go; on the stack: bytes from one row of these to the next.
   */
  static byte[] divide() {
    FloatAttentionKernels kernel = new FloatAttentionKernels(false);
    Assembler a = kernel.a;
    Label row = new Label();
    a.bind(row);
    a.vmovups(SUM, Mem.at(RSI));
    LaneReduction.ofEight(a, SUM, OTHER, a::vaddps);
    a.vbroadcastss(SUM, Vec.xmm(SUM.number()));
    a.mov(R11, RCX);
    kernel.vectors(() -> {
      a.vmovups(X, Mem.at(RDI, R10, 1, 0));
      a.vdivps(X, X, SUM);
      a.vmovups(Mem.at(R9, R10, 1, 0), X);
    });
    a.add(RDI, R8);
    a.add(RSI, VECTOR_BYTES);
    a.add(R9, Mem.at(RSP, Long.BYTES));
    a.sub(RDX, 1);
    a.jump(Assembler.Condition.NOT_ZERO, row);
    a.vzeroupper();
    a.ret();
    return a.toBytes();
  }
}
