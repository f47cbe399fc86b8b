package dev.vl4j.kernels.x86;

import static dev.vl4j.kernels.x86.AttentionKernels.KEY_TILE;
import static dev.vl4j.kernels.x86.AttentionKernels.SCORE_BYTES;
import static dev.vl4j.kernels.x86.AttentionKernels.VECTOR_BYTES;
import static dev.vl4j.kernels.x86.AttentionKernels.load;
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

import java.util.List;

/**
 * Generator of attention for AMX: the scores of a tile, its softmax on AVX-512, the weighted
 * values. Queries and weights lie in the blocks of {@link AmxKernels#LAYOUT}: a block's 16 rows of
 * weights are a KiB for each panel of keys. The function's one argument is the address of a frame
 * of {@link AttentionSlot}s.
 */
final class AmxAttentionKernels {
  /** Rows that the softmax takes at once; two groups are a block of weights. */
  static final int GROUP_ROWS = 8;

  /** From one panel's weights to the next panel's. */
  private static final int WEIGHT_PANEL_BYTES = AmxKernels.REGISTER_ROWS * AmxKernels.STEP_BYTES;

  private static final int WEIGHT_BLOCK_BYTES = WEIGHT_PANEL_BYTES * (KEY_TILE / TileKernels.PANEL);
  private static final int WEIGHT_GROUP_BYTES = GROUP_ROWS * AmxKernels.STEP_BYTES;

  private static final int VALUE_PANEL_BYTES = KEY_TILE * TileKernels.PANEL * Short.BYTES;
  private static final int SUM_BYTES = TileKernels.PANEL * Float.BYTES;

  private AmxAttentionKernels() {}

  /**
   * {@code scores = queries keys'}.
   *
   * @param tall whether there are tiles of {@link AmxKernels#ROWS} rows, or one of half as many
   */
  static byte[] scores(boolean tall) {
    return product(
        tall,
        false,
        a -> {
          load(a, R8, AttentionSlot.QUERY_STRIDE);
          a.mov(R9, SCORE_BYTES);
          load(a, RSI, AttentionSlot.KEYS);
          load(a, R14, AttentionSlot.SCORES);
          load(a, R12, AttentionSlot.KEY_PANELS);
          load(a, R11, AttentionSlot.KEY_PANEL_BYTES);
        },
        AttentionSlot.QUERIES,
        AttentionSlot.DEPTH_STEPS);
  }

  /** {@code output += weights values}, likewise. */
  static byte[] output(boolean tall) {
    return product(
        tall,
        true,
        a -> {
          a.mov(R8, WEIGHT_BLOCK_BYTES);
          load(a, R9, AttentionSlot.OUTPUT_STRIDE);
          load(a, RSI, AttentionSlot.VALUES);
          load(a, R14, AttentionSlot.OUTPUT);
          load(a, R12, AttentionSlot.VALUE_PANELS);
          a.mov(R11, VALUE_PANEL_BYTES);
        },
        AttentionSlot.WEIGHTS,
        AttentionSlot.KEY_PANELS);
  }

  /** Loads what a product needs that all of its tiles share. */
  private interface Setup {
    void emit(Assembler a);
  }

  /**
   * All tiles of rows with all panels.
   *
   * @param setup R8 and R9: strides as in {@link AmxKernels}; RSI: the first panel; R11: bytes from
   *     it to the next; R12: panels; R14: the first panel's first sums
   * @param rows address of the left operand
   * @param steps turns of a tile
   */
  private static byte[] product(
      boolean tall, boolean accumulate, Setup setup, AttentionSlot rows, AttentionSlot steps) {
    Assembler a = new Assembler();
    List<Gp> saved = List.of(RBX, R12, R13, R14);
    saved.forEach(a::push);
    a.lea(RBX, Mem.at(RDI));
    int tileRows = tall ? AmxKernels.ROWS : AmxKernels.REGISTER_ROWS;
    Label shapes = new Label();
    AmxKernels.shape(a, shapes);
    setup.emit(a);
    a.mov(RAX, AmxKernels.LINE_BYTES);
    Label panel = new Label();
    a.bind(panel);
    load(a, RDI, rows);
    a.lea(RDX, Mem.at(R14));
    load(a, RCX, steps);
    load(a, R13, AttentionSlot.QUERY_TILES);
    Label tile = new Label();
    a.bind(tile);
    AmxKernels.tile(a, AmxKernels.Dot.BF16, tileRows, accumulate, AmxKernels.Fetching.NOTHING);
    a.sub(R13, 1);
    a.jump(Assembler.Condition.NOT_ZERO, tile);
    a.add(R14, SUM_BYTES);
    a.lea(RSI, Mem.at(RSI, R11, 1, 0));
    a.sub(R12, 1);
    a.jump(Assembler.Condition.NOT_ZERO, panel);
    a.tilerelease();
    saved.reversed().forEach(a::pop);
    a.ret();
    a.bind(shapes);
    a.bytes(AmxKernels.shapes(tileRows));
    return a.toBytes();
  }

  /**
   * From scores to weights, groups of rows one after another.
   *
   * @param masked whether a row may see fewer keys than the tile has; weights of the others are
   *     exactly zero
   */
  static byte[] weights(boolean masked) {
    Assembler a = new Assembler();
    List<Gp> saved = List.of(RBX, R12, R13, R14, R15);
    saved.forEach(a::push);
    a.mov(RBX, RDI);
    List<AttentionSlot> moving =
        List.of(
            AttentionSlot.SCORES,
            AttentionSlot.WEIGHTS,
            AttentionSlot.OUTPUT,
            AttentionSlot.STATE,
            AttentionSlot.SUMS,
            AttentionSlot.VISIBLE);
    for (AttentionSlot slot : moving) {
      load(a, RAX, slot);
      a.push(RAX);
    }
    Label group = new Label();
    a.bind(group);
    AttentionSoftmax.check(a, GROUP_ROWS, masked);
    AttentionSoftmax.weights(
        a, GROUP_ROWS, new AttentionSoftmax.Places(AmxKernels.STEP_BYTES, WEIGHT_PANEL_BYTES));
    advance(a, AttentionSlot.SCORES, GROUP_ROWS * SCORE_BYTES);
    advance(a, AttentionSlot.STATE, GROUP_ROWS * VECTOR_BYTES);
    advance(a, AttentionSlot.SUMS, GROUP_ROWS * VECTOR_BYTES);
    advance(a, AttentionSlot.VISIBLE, GROUP_ROWS * Integer.BYTES);
    load(a, RAX, AttentionSlot.OUTPUT);
    load(a, RCX, AttentionSlot.OUTPUT_STRIDE);
    a.lea(RAX, Mem.at(RAX, RCX, GROUP_ROWS, 0));
    store(a, AttentionSlot.OUTPUT);
    advanceWeights(a);
    load(a, RAX, AttentionSlot.ROW_GROUPS);
    a.sub(RAX, 1);
    store(a, AttentionSlot.ROW_GROUPS);
    a.test(RAX, RAX);
    a.jump(Assembler.Condition.NOT_ZERO, group);
    for (AttentionSlot slot : moving.reversed()) {
      a.pop(RAX);
      store(a, slot);
    }
    saved.reversed().forEach(a::pop);
    a.vzeroupper();
    a.ret();
    return a.toBytes();
  }

  private static void advance(Assembler a, AttentionSlot slot, int bytes) {
    load(a, RAX, slot);
    a.add(RAX, bytes);
    store(a, slot);
  }

  private static void store(Assembler a, AttentionSlot slot) {
    a.mov(Mem.at(RBX, slot.offset()), RAX);
  }

  /** To the other half of a block, or from there to the next block. */
  private static void advanceWeights(Assembler a) {
    load(a, RAX, AttentionSlot.WEIGHTS);
    a.add(RAX, WEIGHT_GROUP_BYTES);
    a.mov(RCX, RAX);
    a.and(RCX, WEIGHT_GROUP_BYTES);
    a.test(RCX, RCX);
    Label half = new Label();
    a.jump(Assembler.Condition.NOT_ZERO, half);
    a.add(RAX, WEIGHT_BLOCK_BYTES - WEIGHT_PANEL_BYTES);
    a.bind(half);
    store(a, AttentionSlot.WEIGHTS);
  }
}
