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
import static dev.vl4j.kernels.x86.Gp.RBX;
import static dev.vl4j.kernels.x86.Gp.RCX;
import static dev.vl4j.kernels.x86.Gp.RDI;
import static dev.vl4j.kernels.x86.Gp.RDX;
import static dev.vl4j.kernels.x86.Gp.RSI;
import static dev.vl4j.kernels.x86.Gp.RSP;

import java.util.Arrays;

/**
 * Generator of float32 products on registers of 256 bits (AVX2 with FMA) or 512 (AVX-512): tiles of
 * a few rows of A with one panel of B. Each element of C is one chain of fused multiply-adds over
 * ascending depth, whatever the tile's height, as in {@code
 * dev.vl4j.kernels.cpu.vector.TileKernel}.
 */
final class FloatKernels {
  /** Rows whose addresses are one register plus 0 to 2 strides. */
  private static final int ROWS_OF_BASE = 3;

  /** Steps of depth in a turn of the loop. */
  private static final int UNROLLED = 4;

  private static final Gp[] BASES = {R10, R11, R13, R15};
  private static final Gp[] SAVED = {RBX, R12, R13, R14, R15};

  /** What is fetched next. */
  private static final Gp FETCH = R12;

  private final int bits;
  private final int vectorBytes;

  private final int panelRowBytes;

  /**
   * @param bits of a register: 256 or 512
   */
  FloatKernels(int bits) {
    this.bits = bits;
    vectorBytes = bits / Byte.SIZE;
    panelRowBytes = 2 * vectorBytes;
  }

  /**
   * Rows of the largest tile: with 16 registers 6 x 2 sums, with 32 of them 12 x 2, beside two
   * vectors of B and two for A's elements.
   */
  int rows() {
    return bits == 512 ? 12 : 6;
  }

  /** Bytes of a panel's row: two vectors. */
  int panelRowBytes() {
    return panelRowBytes;
  }

  /**
   * Some tiles, {@code C = [C +] A B}, one after the other.
   *
   * <p>RDI: memory of A; RSI: where in it the first tile starts; RDX: B, rows of two vectors; RCX:
   * memory of C; R8: where in it the first tile starts; R9: depth, at least 1; on the stack: tiles,
   * at least 1; from one to the next of A, of B, of C; from one row to the next of A, of C; for
   * those that fetch, an address to fetch from and lines for each tile, at least 1. All but the
   * depth and the numbers of tiles and lines are bytes.
   *
   * @param rows of a tile, 1 to {@link #rows}
   * @param accumulate whether C is added to; otherwise it is overwritten
   * @param fetches whether memory is fetched into the second-level cache meanwhile
   */
  byte[] tiles(int rows, boolean accumulate, boolean fetches) {
    Assembler a = new Assembler();
    for (Gp register : SAVED) {
      a.push(register);
    }
    a.add(RDI, RSI);
    a.add(RCX, R8);
    a.mov(R8, onStack(4));
    a.mov(RBX, onStack(5));
    a.mov(R14, onStack(0));
    if (fetches) {
      a.mov(FETCH, onStack(6));
    }
    Label tile = new Label();
    a.bind(tile);
    if (fetches) {
      fetch(a, onStack(7));
    }
    tile(a, rows, accumulate);
    a.add(RDI, onStack(1));
    a.add(RDX, onStack(2));
    a.add(RCX, onStack(3));
    a.sub(R14, 1);
    a.jump(Assembler.Condition.NOT_ZERO, tile);
    for (int i = SAVED.length - 1; i >= 0; i--) {
      a.pop(SAVED[i]);
    }
    a.vzeroupper();
    a.ret();
    return a.toBytes();
  }

  /** A few lines at a time, which arrive while a tile is computed. */
  private static void fetch(Assembler a, Mem lines) {
    a.mov(RAX, lines);
    Label line = new Label();
    a.bind(line);
    a.prefetcht1(Mem.at(FETCH));
    a.add(FETCH, TileKernels.LINE_BYTES);
    a.sub(RAX, 1);
    a.jump(Assembler.Condition.NOT_ZERO, line);
  }

  /** An argument that did not fit in registers, by its number. */
  private static Mem onStack(int number) {
    return Mem.at(RSP, (SAVED.length + 1 + number) * Long.BYTES);
  }

  private Vec vector(int number) {
    return Vec.of(bits, number);
  }

  private Vec sum(int row, int vector) {
    return vector(2 * row + vector);
  }

  /** Of the registers that rows' addresses are relative to, those that a tile needs. */
  private static Gp[] bases(int rows) {
    return Arrays.copyOf(BASES, Math.ceilDiv(rows, ROWS_OF_BASE));
  }

  private void tile(Assembler a, int rows, boolean accumulate) {
    a.mov(RSI, RDX);
    Gp[] bases = bases(rows);
    a.mov(bases[0], RDI);
    for (int i = 1; i < bases.length; i++) {
      a.lea(bases[i], Mem.at(bases[i - 1], R8, 2, 0));
      a.add(bases[i], R8);
    }
    a.mov(RAX, R9);
    for (int row = 0; row < rows; row++) {
      for (int vector = 0; vector < 2; vector++) {
        a.vpxor(sum(row, vector), sum(row, vector), sum(row, vector));
      }
    }
    Label rest = new Label();
    Label end = new Label();
    a.cmp(RAX, UNROLLED);
    a.jump(Assembler.Condition.LESS, rest);
    Label loop = new Label();
    a.bind(loop);
    steps(a, rows, UNROLLED);
    a.sub(RAX, UNROLLED);
    a.cmp(RAX, UNROLLED);
    a.jump(Assembler.Condition.GREATER_OR_EQUAL, loop);
    a.bind(rest);
    a.test(RAX, RAX);
    a.jump(Assembler.Condition.ZERO, end);
    Label one = new Label();
    a.bind(one);
    steps(a, rows, 1);
    a.sub(RAX, 1);
    a.jump(Assembler.Condition.NOT_ZERO, one);
    a.bind(end);
    a.mov(RSI, RCX);
    for (int row = 0; row < rows; row++) {
      for (int vector = 0; vector < 2; vector++) {
        Mem place = Mem.at(RSI, vector * vectorBytes);
        if (accumulate) {
          a.vaddps(sum(row, vector), sum(row, vector), place);
        }
        a.vmovups(place, sum(row, vector));
      }
      a.add(RSI, RBX);
    }
  }

  private void steps(Assembler a, int rows, int count) {
    int behind = 2 * rows();
    Vec[] b = {vector(behind), vector(behind + 1)};
    for (int step = 0; step < count; step++) {
      for (int vector = 0; vector < 2; vector++) {
        a.vmovups(b[vector], Mem.at(RSI, step * panelRowBytes + vector * vectorBytes));
      }
      for (int row = 0; row < rows; row++) {
        Vec element = vector(behind + 2 + row % 2);
        a.vbroadcastss(element, element(row, step * Float.BYTES));
        for (int vector = 0; vector < 2; vector++) {
          a.vfmadd231ps(sum(row, vector), element, b[vector]);
        }
      }
    }
    for (Gp base : bases(rows)) {
      a.add(base, count * Float.BYTES);
    }
    a.add(RSI, count * panelRowBytes);
  }

  private static Mem element(int row, int displacement) {
    Gp base = BASES[row / ROWS_OF_BASE];
    int strides = row % ROWS_OF_BASE;
    return strides == 0 ? Mem.at(base, displacement) : Mem.at(base, R8, strides, displacement);
  }

  /**
   * Pairs of bfloat16 to two vectors of float32: first the low halves, then the high ones.
   *
   * <p>RDI: pairs, a vector of them for each step of depth; RSI: steps, at least 1; RDX: float32,
   * two vectors for each step.
   */
  byte[] widen() {
    Assembler a = new Assembler();
    Vec pair = vector(0);
    Vec low = vector(1);
    Vec high = vector(2);
    a.mov(RAX, -1 << Short.SIZE); // a lane's mask, by way of the stack: a broadcast reads memory
    a.push(RAX);
    a.vpbroadcastd(high, Mem.at(RSP));
    a.pop(RAX);
    Label loop = new Label();
    a.bind(loop);
    a.vmovups(pair, Mem.at(RDI));
    a.vpslld(low, pair, Short.SIZE);
    a.vpand(pair, pair, high);
    a.vmovups(Mem.at(RDX), low);
    a.vmovups(Mem.at(RDX, vectorBytes), pair);
    a.add(RDI, vectorBytes);
    a.add(RDX, panelRowBytes);
    a.sub(RSI, 1);
    a.jump(Assembler.Condition.NOT_ZERO, loop);
    a.vzeroupper();
    a.ret();
    return a.toBytes();
  }

  /**
   * Adds rows to rows.
   *
   * <p>RDI: rows; RSI: rows that are added to; RDX: rows, at least 1; RCX: columns, a multiple of a
   * vector, at least one; R8, R9: bytes from one row to the next.
   */
  byte[] add() {
    Assembler a = new Assembler();
    Vec sum = vector(0);
    Label row = new Label();
    a.bind(row);
    a.mov(R10, 0);
    a.mov(R11, RCX);
    Label vector = new Label();
    a.bind(vector);
    Mem to = Mem.at(RSI, R10, 1, 0);
    a.vmovups(sum, to);
    a.vaddps(sum, sum, Mem.at(RDI, R10, 1, 0));
    a.vmovups(to, sum);
    a.add(R10, vectorBytes);
    a.sub(R11, vectorBytes / Float.BYTES);
    a.jump(Assembler.Condition.NOT_ZERO, vector);
    a.add(RDI, R8);
    a.add(RSI, R9);
    a.sub(RDX, 1);
    a.jump(Assembler.Condition.NOT_ZERO, row);
    a.vzeroupper();
    a.ret();
    return a.toBytes();
  }
}
