package dev.vl4j.kernels.x86;

import static dev.vl4j.kernels.x86.Gp.R8;
import static dev.vl4j.kernels.x86.Gp.R9;
import static dev.vl4j.kernels.x86.Gp.RAX;
import static dev.vl4j.kernels.x86.Gp.RBX;
import static dev.vl4j.kernels.x86.Gp.RCX;
import static dev.vl4j.kernels.x86.Gp.RDI;
import static dev.vl4j.kernels.x86.Gp.RDX;
import static dev.vl4j.kernels.x86.Gp.RSI;

import dev.vl4j.kernels.Activation;

/**
 * Generator of what follows a product's tiles, on 256-bit registers: from finished float32 sums of
 * one panel, all of whose columns exist, to float32 rows of the output.
 *
 * <p>RDI: a frame of {@link OutputSlot}s.
 */
final class NarrowOutputKernels {
  private static final int VECTOR_BYTES = 32;
  private static final Vec SUM = Vec.ymm(0);

  private final Assembler a = new Assembler();
  private final Elementary elementary = Elementary.narrow(a, RAX, 4);
  private final OutputKind kind;
  private final int vectors;

  private NarrowOutputKernels(OutputKind kind, int panel) {
    if (kind.quantised() || kind.rounded() || !kind.whole()) {
      throw new IllegalArgumentException("no kernel on 256 bits for " + kind);
    }
    this.kind = kind;
    vectors = panel * Float.BYTES / VECTOR_BYTES;
  }

  /**
   * @param panel columns of the sums, a multiple of two vectors
   */
  static byte[] write(OutputKind kind, int panel) {
    return new NarrowOutputKernels(kind, panel).emit();
  }

  private byte[] emit() {
    a.push(RBX);
    a.mov(RBX, RDI);
    load(RAX, OutputSlot.CONSTANTS);
    load(R8, OutputSlot.ROWS);
    load(RSI, OutputSlot.SUMS);
    load(RDX, OutputSlot.OUT);
    if (kind.residual()) {
      load(RCX, OutputSlot.RESIDUAL);
    }
    if (kind.bias()) {
      load(R9, OutputSlot.BIAS);
    }
    Label row = new Label();
    a.bind(row);
    int written = kind.gated() ? vectors / 2 : vectors;
    for (int vector = 0; vector < written; vector++) {
      a.vmovups(SUM, at(RSI, vector));
      if (kind.gated()) {
        elementary.silu(SUM);
        a.vmulps(SUM, SUM, at(RSI, written + vector));
      } else {
        finish(vector);
      }
      a.vmovups(at(RDX, vector), SUM);
    }
    a.add(RSI, vectors * VECTOR_BYTES);
    a.add(RDX, Mem.at(RBX, OutputSlot.OUT_STRIDE.offset()));
    if (kind.residual()) {
      a.add(RCX, Mem.at(RBX, OutputSlot.RESIDUAL_STRIDE.offset()));
    }
    a.sub(R8, 1);
    a.jump(Assembler.Condition.NOT_ZERO, row);
    a.pop(RBX);
    a.vzeroupper();
    a.ret();
    return a.toBytes();
  }

  private void load(Gp to, OutputSlot slot) {
    a.mov(to, Mem.at(RBX, slot.offset()));
  }

  private static Mem at(Gp row, int vector) {
    return Mem.at(row, vector * VECTOR_BYTES);
  }

  private void finish(int vector) {
    if (kind.bias()) {
      a.vaddps(SUM, SUM, at(R9, vector));
    }
    if (kind.activation() == Activation.GELU_TANH) {
      elementary.geluTanh(SUM);
    } else if (kind.activation() == Activation.GELU_ERF) {
      elementary.geluErf(SUM);
    }
    if (kind.residual()) {
      a.vaddps(SUM, SUM, at(RCX, vector));
    }
  }
}
