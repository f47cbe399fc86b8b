package dev.vl4j.kernels.x86;

import static dev.vl4j.kernels.x86.Gp.R10;
import static dev.vl4j.kernels.x86.Gp.R11;
import static dev.vl4j.kernels.x86.Gp.R8;
import static dev.vl4j.kernels.x86.Gp.R9;
import static dev.vl4j.kernels.x86.Gp.RAX;
import static dev.vl4j.kernels.x86.Gp.RCX;
import static dev.vl4j.kernels.x86.Gp.RDI;
import static dev.vl4j.kernels.x86.Gp.RDX;
import static dev.vl4j.kernels.x86.Gp.RSI;

/**
 * Generators of the AVX-512 BF16 kernels. Arguments come in the order of the System V calling
 * convention: RDI, RSI, RDX, RCX, R8, R9.
 */
final class Bf16Kernels {
  /** Rows of the largest tile: 12 x 2 sums, two vectors of weights and the rest for activations. */
  static final int ROWS = 12;

  /** Weight columns of a panel: two vectors of float32 sums. */
  static final int PANEL = 32;

  /** Depth of one turn of the kernel's loop; operands are padded with zeros to a multiple. */
  static final int DEPTH_STEP = 8;

  /** Operations of one turn of {@link #peak}: 24 instructions on 16 lanes, 2 products each. */
  static final long PEAK_OPERATIONS = 24 * 16 * 2 * 2;

  private static final int VECTOR_BYTES = 64;
  private static final int PAIR_BYTES = 4;

  private Bf16Kernels() {}

  /**
   * A tile of a matrix product, {@code C = [C +] A B}.
   *
   * <p>RDI: A, {@code rows} rows of bfloat16; RSI: B, a panel of pairs [depth / 2][32][2]; RDX: C,
   * rows of 32 float32; RCX: turns of {@link #DEPTH_STEP}; R8: bytes from one row of A to the next;
   * R9: bytes from one row of C to the next.
   *
   * @param rows 1 to {@link #ROWS}
   * @param accumulate whether C is added to; otherwise it is overwritten
   */
  static byte[] tile(int rows, boolean accumulate) {
    Assembler a = new Assembler();
    tile(a, rows, accumulate);
    a.vzeroupper();
    a.ret();
    return a.toBytes();
  }

  /**
   * {@link #tile(int, boolean)} as part of a larger kernel. Leaves RSI after the panel's part, R8
   * and R9 as they are, and changes RDI, RDX, RCX, RAX, R10, R11 and vectors.
   */
  static void tile(Assembler a, int rows, boolean accumulate) {
    // A row's address is one of three bases plus 0 to 3 strides.
    a.lea(RAX, Mem.at(R8, R8, 2, 0));
    Gp[] bases = {RDI, R10, R11};
    for (int group = 1; 4 * group < rows; group++) {
      a.lea(bases[group], Mem.at(bases[group - 1], R8, 4, 0));
    }
    for (int row = 0; row < rows; row++) {
      for (int half = 0; half < 2; half++) {
        a.vpxord(sum(row, half), sum(row, half), sum(row, half));
      }
    }
    Label loop = new Label();
    a.bind(loop);
    for (int pair = 0; pair < DEPTH_STEP / 2; pair++) {
      Vec low = Vec.zmm(24 + 2 * (pair & 1));
      Vec high = Vec.zmm(25 + 2 * (pair & 1));
      a.vmovups(low, Mem.at(RSI, 2 * pair * VECTOR_BYTES));
      a.vmovups(high, Mem.at(RSI, (2 * pair + 1) * VECTOR_BYTES));
      for (int row = 0; row < rows; row++) {
        Vec activation = Vec.zmm(28 + (row & 3));
        a.vpbroadcastd(activation, activation(bases[row / 4], row % 4, pair * PAIR_BYTES));
        a.vdpbf16ps(sum(row, 0), activation, low);
        a.vdpbf16ps(sum(row, 1), activation, high);
      }
    }
    for (int group = 0; 4 * group < rows; group++) {
      a.add(bases[group], DEPTH_STEP * 2);
    }
    a.add(RSI, DEPTH_STEP * VECTOR_BYTES);
    a.sub(RCX, 1);
    a.jump(Assembler.Condition.NOT_ZERO, loop);
    for (int row = 0; row < rows; row++) {
      for (int half = 0; half < 2; half++) {
        Mem target = Mem.at(RDX, half * VECTOR_BYTES);
        if (accumulate) {
          a.vaddps(sum(row, half), sum(row, half), target);
        }
        a.vmovups(target, sum(row, half));
      }
      if (row < rows - 1) {
        a.add(RDX, R9);
      }
    }
  }

  private static Vec sum(int row, int half) {
    return Vec.zmm(2 * row + half);
  }

  private static Mem activation(Gp base, int strides, int displacement) {
    return switch (strides) {
      case 0 -> Mem.at(base, displacement);
      case 1 -> Mem.at(base, R8, 1, displacement);
      case 2 -> Mem.at(base, R8, 2, displacement);
      default -> Mem.at(base, RAX, 1, displacement);
    };
  }

  /**
   * Rounds float32 to bfloat16, to nearest even.
   *
   * <p>RDI: source; RSI: target; RDX: blocks of 16 elements, at least 1.
   */
  static byte[] round() {
    Assembler a = new Assembler();
    Label loop = new Label();
    a.bind(loop);
    a.vmovups(Vec.zmm(0), Mem.at(RDI));
    a.vcvtneps2bf16(Vec.ymm(1), Vec.zmm(0));
    a.vmovups(Mem.at(RSI), Vec.ymm(1));
    a.add(RDI, VECTOR_BYTES);
    a.add(RSI, VECTOR_BYTES / 2);
    a.sub(RDX, 1);
    a.jump(Assembler.Condition.NOT_ZERO, loop);
    a.vzeroupper();
    a.ret();
    return a.toBytes();
  }

  /**
   * The most products a core can do: every sum on registers alone.
   *
   * <p>RDI: turns of 24 instructions, each 32 products of pairs.
   */
  static byte[] peak() {
    Assembler a = new Assembler();
    for (int i = 0; i < 32; i++) {
      a.vpxord(Vec.zmm(i), Vec.zmm(i), Vec.zmm(i));
    }
    Label loop = new Label();
    a.bind(loop);
    for (int i = 0; i < 24; i++) {
      a.vdpbf16ps(Vec.zmm(i), Vec.zmm(24 + i % 4), Vec.zmm(28 + i % 4));
    }
    a.sub(RDI, 1);
    a.jump(Assembler.Condition.NOT_ZERO, loop);
    a.vzeroupper();
    a.ret();
    return a.toBytes();
  }
}
