package dev.vl4j.kernels.x86;

import static dev.vl4j.kernels.x86.Gp.R12;
import static dev.vl4j.kernels.x86.Gp.R13;
import static dev.vl4j.kernels.x86.Gp.R14;
import static dev.vl4j.kernels.x86.Gp.R15;
import static dev.vl4j.kernels.x86.Gp.R8;
import static dev.vl4j.kernels.x86.Gp.R9;
import static dev.vl4j.kernels.x86.Gp.RBX;
import static dev.vl4j.kernels.x86.Gp.RCX;
import static dev.vl4j.kernels.x86.Gp.RDI;
import static dev.vl4j.kernels.x86.Gp.RDX;
import static dev.vl4j.kernels.x86.Gp.RSI;

/**
 * Generator of the AVX-512 BF16 attention kernel: one tile of query rows against one tile of keys,
 * with an online softmax (Milakov and Gimelshein 2018; Dao et al. 2022) in float32, see {@link
 * AttentionSoftmax}.
 */
final class AttentionKernels {
  /** Keys of a tile. */
  static final int KEY_TILE = 128;

  static final int VECTOR_BYTES = 64;

  /** Scores of a row with a panel of keys. */
  static final int PANEL_BYTES = TileKernels.PANEL * Float.BYTES;

  /** Scores of a row with a tile of keys. */
  static final int SCORE_BYTES = KEY_TILE * Float.BYTES;

  /** Keys of one turn of a tile's loop. */
  private static final int DEPTH_STEP = TileKernels.STEP_BYTES / Short.BYTES;

  /** Weights lie as scores do. */
  private static final AttentionSoftmax.Places ROW_BY_ROW =
      new AttentionSoftmax.Places(SCORE_BYTES / 2, PANEL_BYTES / 2);

  private AttentionKernels() {}

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
    scores(a, rows, masked);
    AttentionSoftmax.weights(a, rows, ROW_BY_ROW);
    output(a, rows);
    for (Gp register : new Gp[] {R15, R14, R13, R12, RBX}) {
      a.pop(register);
    }
    a.vzeroupper();
    a.ret();
    return a.toBytes();
  }

  static void load(Assembler a, Gp to, AttentionSlot slot) {
    a.mov(to, Mem.at(RBX, slot.offset()));
  }

  /** Scores = Q K', and by how much any of them exceeds its row's limit. */
  private static void scores(Assembler a, int rows, boolean masked) {
    load(a, R8, AttentionSlot.QUERY_STRIDE);
    load(a, RSI, AttentionSlot.KEYS);
    load(a, R12, AttentionSlot.KEY_PANELS);
    AttentionSoftmax.startCheck(a, masked);
    Label panel = new Label();
    a.bind(panel);
    load(a, RDI, AttentionSlot.QUERIES);
    load(a, RCX, AttentionSlot.DEPTH_STEPS);
    TileKernels.sums(a, TileKernels.Dot.BF16_ZMM, rows);
    AttentionSoftmax.startPanel(a, masked);
    for (int row = 0; row < rows; row++) {
      Vec left = TileKernels.Dot.BF16_ZMM.sum(row, 0);
      Vec right = TileKernels.Dot.BF16_ZMM.sum(row, 1);
      AttentionSoftmax.hide(a, left, right, row, masked);
      AttentionSoftmax.storeScores(a, left, right, row);
      AttentionSoftmax.checkRow(a, left, right, row);
    }
    AttentionSoftmax.nextPanel(a, masked);
    a.sub(R12, 1);
    a.jump(Assembler.Condition.NOT_ZERO, panel);
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
