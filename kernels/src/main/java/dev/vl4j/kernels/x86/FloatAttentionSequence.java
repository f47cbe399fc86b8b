package dev.vl4j.kernels.x86;

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

/**
 * Generator of the kernel that calls others: scores, softmax and values of some tiles of keys, one
 * after the other. Java would need a dozen calls for each tile, which take their time until it has
 * compiled them.
 */
final class FloatAttentionSequence {
  private static final Gp[] SAVED = {RBX, R12, R13, R14, R15};

  /** The frame's address, which the kernels keep. */
  private static final Gp FRAME = RBX;

  /** Arguments of a product that do not fit in registers. */
  private static final int PRODUCT_ARGUMENTS = 6;

  private final Assembler a = new Assembler();
  private final int panelRowBytes;

  private FloatAttentionSequence(int panelRowBytes) {
    this.panelRowBytes = panelRowBytes;
  }

  /**
   * RDI: the frame of {@link FloatAttentionSlot}s.
   *
   * @param panelRowBytes of a panel's row: two vectors
   */
  static byte[] emit(int panelRowBytes) {
    FloatAttentionSequence kernel = new FloatAttentionSequence(panelRowBytes);
    kernel.sequence();
    return kernel.a.toBytes();
  }

  private static Mem slot(FloatAttentionSlot slot) {
    return Mem.at(FRAME, slot.offset());
  }

  private void push(FloatAttentionSlot slot) {
    a.mov(RAX, slot(slot));
    a.push(RAX);
  }

  private void sequence() {
    for (Gp register : SAVED) {
      a.push(register);
    }
    a.mov(FRAME, RDI);
    // The same for all products: each takes all tiles of rows with one panel.
    push(FloatAttentionSlot.ROW_BYTES);
    push(FloatAttentionSlot.ROW_BYTES);
    push(FloatAttentionSlot.ROW_TILE_BYTES);
    a.mov(RAX, 0);
    a.push(RAX);
    push(FloatAttentionSlot.ROW_TILE_BYTES);
    push(FloatAttentionSlot.ROW_TILES);
    a.mov(R15, slot(FloatAttentionSlot.KEY_TILES));
    Label tile = new Label();
    a.bind(tile);
    product(
        FloatAttentionSlot.MULTIPLY,
        FloatAttentionSlot.QUERIES,
        FloatAttentionSlot.HEAD_SIZE,
        FloatAttentionSlot.KEYS,
        FloatAttentionSlot.KEY_PANEL_BYTES,
        FloatAttentionSlot.KEY_PANELS,
        FloatAttentionSlot.SCORES);
    softmax();
    product(
        FloatAttentionSlot.MULTIPLY_ADD,
        FloatAttentionSlot.SCORES,
        FloatAttentionSlot.KEYS_OF_TILE,
        FloatAttentionSlot.VALUES,
        FloatAttentionSlot.VALUE_PANEL_BYTES,
        FloatAttentionSlot.VALUE_PANELS,
        FloatAttentionSlot.OUTPUT);
    advance(FloatAttentionSlot.KEYS);
    advance(FloatAttentionSlot.VALUES);
    a.sub(R15, 1);
    a.jump(Assembler.Condition.NOT_ZERO, tile);
    a.add(RSP, PRODUCT_ARGUMENTS * Long.BYTES);
    for (int i = SAVED.length - 1; i >= 0; i--) {
      a.pop(SAVED[i]);
    }
    a.ret();
  }

  /** One call of {@link FloatKernels#tiles} for each panel. */
  private void product(
      FloatAttentionSlot kernel,
      FloatAttentionSlot rows,
      FloatAttentionSlot depth,
      FloatAttentionSlot panels,
      FloatAttentionSlot panelBytes,
      FloatAttentionSlot count,
      FloatAttentionSlot to) {
    a.mov(R12, slot(count));
    a.mov(R13, slot(panels));
    a.mov(R14, slot(to));
    Label panel = new Label();
    a.bind(panel);
    a.mov(RDI, slot(rows));
    a.mov(RSI, 0);
    a.mov(RDX, R13);
    a.mov(RCX, R14);
    a.mov(R8, 0);
    a.mov(R9, slot(depth));
    a.call(slot(kernel));
    a.add(R13, slot(panelBytes));
    a.add(R14, panelRowBytes);
    a.sub(R12, 1);
    a.jump(Assembler.Condition.NOT_ZERO, panel);
  }

  /** A call of {@link FloatAttentionKernels#softmax}. */
  private void softmax() {
    push(FloatAttentionSlot.CONSTANTS);
    push(FloatAttentionSlot.ROW_BYTES);
    push(FloatAttentionSlot.COLUMNS);
    push(FloatAttentionSlot.KEYS_OF_TILE);
    a.mov(RDI, slot(FloatAttentionSlot.SCORES));
    a.mov(RSI, slot(FloatAttentionSlot.OUTPUT));
    a.mov(RDX, slot(FloatAttentionSlot.SUMS));
    a.mov(RCX, slot(FloatAttentionSlot.MAXIMA));
    a.mov(R8, slot(FloatAttentionSlot.SEEN));
    a.mov(R9, slot(FloatAttentionSlot.ROWS));
    a.call(slot(FloatAttentionSlot.SOFTMAX));
    a.add(RSP, FloatAttentionKernels.STACK_ARGUMENTS * Long.BYTES);
  }

  /** To the next key tile. */
  private void advance(FloatAttentionSlot at) {
    a.mov(RAX, slot(at));
    a.add(RAX, slot(FloatAttentionSlot.KEY_TILE_BYTES));
    a.mov(slot(at), RAX);
  }
}
