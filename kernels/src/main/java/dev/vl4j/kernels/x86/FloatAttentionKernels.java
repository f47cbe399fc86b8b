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
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Generator of what float32 attention does beside its products, on registers of 256 or 512 bits:
 * the online softmax of {@code dev.vl4j.kernels.cpu.vector.TiledAttention}, to the last bit.
 */
final class FloatAttentionKernels {
  /** Arguments of {@link #softmax} that do not fit in registers. */
  static final int STACK_ARGUMENTS = 4;

  private static final int SCRATCH = 4;

  private final Assembler a = new Assembler();
  private final int bits;
  private final int vectorBytes;
  private final Vec x;
  private final Vec largest;
  private final Vec number;
  private final Vec seen;
  private final Vec other;
  private final Vec sum;
  private final Vec least;

  /** Where a row sees the key, on 256 bits. */
  private final Vec sees;

  /** The same on 512. */
  private final Mask seesWide = new Mask(2);

  /** RAX has the constants' address. */
  private final Elementary elementary;

  /** Whether some rows do not see all keys. */
  private final boolean masked;

  private FloatAttentionKernels(int bits, boolean masked) {
    this.bits = bits;
    this.masked = masked;
    vectorBytes = bits / Byte.SIZE;
    x = Vec.of(bits, 0);
    largest = Vec.of(bits, 1);
    number = Vec.of(bits, 2);
    seen = Vec.of(bits, 3);
    other = Vec.of(bits, SCRATCH);
    sum = Vec.of(bits, 11);
    sees = Vec.of(bits, 12);
    least = Vec.of(bits, 13);
    elementary =
        bits == 512
            ? Elementary.wideWithNaN(a, RAX, SCRATCH, new Mask(1))
            : Elementary.narrow(a, RAX, SCRATCH);
  }

  /**
   * Puts the constants into new memory: those of elementary functions, the lanes' numbers, and how
   * many lanes there are.
   */
  static MemorySegment constants(int bits) {
    MemorySegment memory = Arena.global().allocate(turnAt(bits) + bits / Byte.SIZE, 64);
    Elementary.putConstants(bits, memory);
    int lanes = bits / Float.SIZE;
    for (int lane = 0; lane < lanes; lane++) {
      long at = (long) lane * Integer.BYTES;
      memory.set(ValueLayout.JAVA_INT, numbersAt(bits) + at, lane);
      memory.set(ValueLayout.JAVA_INT, turnAt(bits) + at, lanes);
    }
    return memory;
  }

  private static int numbersAt(int bits) {
    return Elementary.constantBytes(bits);
  }

  private static int turnAt(int bits) {
    return numbersAt(bits) + bits / Byte.SIZE;
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
   * @param bits of a register: 256 or 512
   * @param masked whether some rows do not see all keys; otherwise R8 is of no interest
   */
  static byte[] softmax(int bits, boolean masked) {
    FloatAttentionKernels kernel = new FloatAttentionKernels(bits, masked);
    kernel.emitSoftmax();
    return kernel.a.toBytes();
  }

  private void emitSoftmax() {
    a.push(RBX);
    a.mov(RAX, onStack(3));
    a.mov(RBX, onStack(2));
    elementary.load(least, Constant.NEGATIVE_INFINITY);
    Label row = new Label();
    a.bind(row);
    if (masked) {
      a.vpbroadcastd(seen, Mem.at(R8));
    }
    largest();
    rescale();
    weigh();
    a.add(RDI, RBX);
    a.add(RSI, RBX);
    a.add(RDX, vectorBytes);
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
    a.add(R10, vectorBytes);
    a.sub(R11, vectorBytes / Float.BYTES);
    a.jump(Assembler.Condition.NOT_ZERO, loop);
  }

  /** All vectors of a row's keys, and where the row sees them. */
  private void keys(Runnable vector) {
    if (masked) {
      a.vmovups(number, Mem.at(RAX, numbersAt(bits)));
    }
    a.mov(R11, onStack(0));
    vectors(() -> {
      if (masked) {
        if (bits == 512) {
          a.vpcmpgtd(seesWide, seen, number);
        } else {
          a.vpcmpgtd(sees, seen, number);
        }
        a.vpaddd(number, number, Mem.at(RAX, turnAt(bits)));
      }
      a.vmovups(x, Mem.at(RDI, R10, 1, 0));
      vector.run();
    });
  }

  /** The largest score, so far and of these keys, in all lanes of {@link #largest}. */
  private void largest() {
    a.vmovups(largest, least);
    keys(() -> {
      Vec score = x;
      if (masked && bits == 512) {
        score = other;
        a.vmovups(score, least);
        a.vmovups(score, seesWide, x);
      } else if (masked) {
        a.vblendvps(x, least, x, sees);
      }
      a.vmaxps(largest, largest, score);
    });
    LaneReduction.of(a, largest, other, a::vmaxps);
    Vec low = Vec.xmm(largest.number());
    Vec before = Vec.xmm(other.number());
    a.vbroadcastss(before, Mem.at(RCX));
    a.vmaxps(low, before, low);
    a.vbroadcastss(largest, low);
  }

  private void rescale() {
    Label same = new Label();
    a.vucomiss(Vec.xmm(largest.number()), Mem.at(RCX));
    a.jump(Assembler.Condition.ZERO, same);
    a.vbroadcastss(x, Mem.at(RCX));
    a.vsubps(x, x, largest);
    elementary.exp(x);
    a.vmulps(sum, x, Mem.at(RDX));
    a.vmovups(Mem.at(RDX), sum);
    a.mov(R11, onStack(1));
    vectors(() -> {
      Mem output = Mem.at(RSI, R10, 1, 0);
      a.vmulps(other, x, output);
      a.vmovups(output, other);
    });
    a.vmovss(Mem.at(RCX), Vec.xmm(largest.number()));
    a.bind(same);
  }

  private void weigh() {
    a.vmovups(sum, Mem.at(RDX));
    keys(() -> {
      a.vsubps(x, x, largest);
      elementary.exp(x);
      if (masked && bits == 512) {
        a.vmovupsZeroing(x, seesWide, x);
      } else if (masked) {
        a.vandps(x, x, sees);
      }
      a.vmovups(Mem.at(RDI, R10, 1, 0), x);
      a.vaddps(sum, sum, x);
    });
    a.vmovups(Mem.at(RDX), sum);
  }

  /**
   * Divides rows of output by the totals of their sums' lanes, which are added in halves.
   *
   * <p>RDI: rows of output; RSI: a vector of sums for each; RDX: rows, at least 1; RCX: columns, a
   * multiple of a vector, at least one; R8: bytes from one row of output to the next; R9: where the
   * quotients go; on the stack: bytes from one row of these to the next.
   *
   * @param bits of a register: 256 or 512
   */
  static byte[] divide(int bits) {
    FloatAttentionKernels kernel = new FloatAttentionKernels(bits, false);
    kernel.emitDivide();
    return kernel.a.toBytes();
  }

  private void emitDivide() {
    Label row = new Label();
    a.bind(row);
    a.vmovups(sum, Mem.at(RSI));
    LaneReduction.of(a, sum, other, a::vaddps);
    a.vbroadcastss(sum, Vec.xmm(sum.number()));
    a.mov(R11, RCX);
    vectors(() -> {
      a.vmovups(x, Mem.at(RDI, R10, 1, 0));
      a.vdivps(x, x, sum);
      a.vmovups(Mem.at(R9, R10, 1, 0), x);
    });
    a.add(RDI, R8);
    a.add(RSI, vectorBytes);
    a.add(R9, Mem.at(RSP, Long.BYTES));
    a.sub(RDX, 1);
    a.jump(Assembler.Condition.NOT_ZERO, row);
    a.vzeroupper();
    a.ret();
  }
}
