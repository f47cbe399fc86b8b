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
import static dev.vl4j.kernels.x86.Gp.RBP;
import static dev.vl4j.kernels.x86.Gp.RBX;
import static dev.vl4j.kernels.x86.Gp.RCX;
import static dev.vl4j.kernels.x86.Gp.RDI;
import static dev.vl4j.kernels.x86.Gp.RDX;
import static dev.vl4j.kernels.x86.Gp.RSI;

/**
 * Generator of what the heads of queries and keys go through before attention: norm, rotation and
 * rounding to bfloat16, in one pass over many rows. AVX-512 BF16. The float32 values before
 * rounding are those of {@link NormKernels}, bit by bit.
 *
 * <p>RDI: a frame of {@link NormSlot}s. Half a head is whole vectors.
 */
final class HeadKernels {
  private static final NormRegisters REGISTERS = NormRegisters.WIDE;
  private static final int VECTOR_BYTES = REGISTERS.vectorBytes();
  private static final Gp[] SAVED = {RBX, RBP, R12, R13, R14, R15};

  private static final Vec SUM = REGISTERS.sum();
  private static final Vec FACTOR = REGISTERS.factor();
  private static final Vec SCRATCH = REGISTERS.scratch();
  private static final Vec OTHER = REGISTERS.other();
  private static final Vec FIRST = REGISTERS.first();
  private static final Vec SECOND = REGISTERS.second();
  private static final Vec COSINE = REGISTERS.cosine();
  private static final Vec SINE = REGISTERS.sine();

  private final Assembler a = new Assembler();
  private final boolean norms;

  private HeadKernels(boolean norms) {
    this.norms = norms;
  }

  /**
   * @param norms whether heads are normed before they are rotated
   */
  static byte[] turn(boolean norms) {
    return new HeadKernels(norms).emit();
  }

  private byte[] emit() {
    for (Gp register : SAVED) {
      a.push(register);
    }
    load(RSI, NormSlot.X);
    load(RDX, NormSlot.PARTNER);
    load(RBP, NormSlot.COSINE);
    load(R12, NormSlot.SINE);
    if (norms) {
      load(RBX, NormSlot.WEIGHT);
      load(R15, NormSlot.WEIGHT_PARTNER);
      a.vmovsd(REGISTERS.one(), frame(NormSlot.ONE));
    }
    load(R8, NormSlot.ROWS);
    Label row = new Label();
    a.bind(row);
    load(R9, NormSlot.SPANS);
    load(R13, NormSlot.OUT);
    load(R14, NormSlot.OUT_PARTNER);
    a.mov(R11, 0);
    Label head = new Label();
    a.bind(head);
    if (norms) {
      factor();
    }
    pairs();
    a.add(R13, frame(NormSlot.OUT_GAP));
    a.add(R14, frame(NormSlot.OUT_GAP));
    a.add(R11, frame(NormSlot.SPAN_BYTES));
    a.sub(R9, 1);
    a.jump(Assembler.Condition.NOT_ZERO, head);
    a.add(RSI, frame(NormSlot.X_STRIDE));
    a.add(RDX, frame(NormSlot.X_STRIDE));
    a.add(RBP, frame(NormSlot.COSINE_STRIDE));
    a.add(R12, frame(NormSlot.SINE_STRIDE));
    nextOutput(NormSlot.OUT);
    nextOutput(NormSlot.OUT_PARTNER);
    a.sub(R8, 1);
    a.jump(Assembler.Condition.NOT_ZERO, row);
    for (int i = SAVED.length - 1; i >= 0; i--) {
      a.pop(SAVED[i]);
    }
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

  /** There are not enough registers to keep a row's first output in one. */
  private void nextOutput(NormSlot slot) {
    load(RAX, slot);
    a.add(RAX, frame(NormSlot.OUT_STRIDE));
    a.mov(frame(slot), RAX);
  }

  /** The factor of a head's norm; fetches the same head of the next row. */
  private void factor() {
    a.vpxor(SUM, SUM, SUM);
    a.mov(RCX, R11);
    a.mov(RAX, RSI);
    a.add(RAX, frame(NormSlot.X_STRIDE));
    load(R10, NormSlot.VECTORS);
    a.shl(R10, 1);
    Label loop = new Label();
    a.bind(loop);
    a.prefetcht0(Mem.at(RAX, RCX, 1, 0));
    a.vmovups(SCRATCH, Mem.at(RSI, RCX, 1, 0));
    a.vfmadd231ps(SUM, SCRATCH, SCRATCH);
    a.add(RCX, VECTOR_BYTES);
    a.sub(R10, 1);
    a.jump(Assembler.Condition.NOT_ZERO, loop);
    REGISTERS.mean(a);
    REGISTERS.inverseRoot(a);
  }

  /** Turns all pairs of a head and rounds them; R13 and R14 go along their halves of the output. */
  private void pairs() {
    a.mov(RCX, R11);
    a.mov(RAX, 0);
    load(R10, NormSlot.VECTORS);
    Label loop = new Label();
    a.bind(loop);
    a.vmovups(FIRST, Mem.at(RSI, RCX, 1, 0));
    a.vmovups(SECOND, Mem.at(RDX, RCX, 1, 0));
    if (norms) {
      a.vmulps(FIRST, FIRST, FACTOR);
      a.vmulps(SECOND, SECOND, FACTOR);
      a.vmulps(FIRST, FIRST, Mem.at(RBX, RAX, 1, 0));
      a.vmulps(SECOND, SECOND, Mem.at(R15, RAX, 1, 0));
    }
    a.vmovups(COSINE, Mem.at(RBP, RAX, 1, 0));
    a.vmovups(SINE, Mem.at(R12, RAX, 1, 0));
    a.vmulps(SCRATCH, FIRST, COSINE);
    a.vmulps(OTHER, SECOND, SINE);
    a.vsubps(SCRATCH, SCRATCH, OTHER);
    store(R13);
    a.vmulps(SCRATCH, SECOND, COSINE);
    a.vmulps(OTHER, FIRST, SINE);
    a.vaddps(SCRATCH, SCRATCH, OTHER);
    store(R14);
    a.add(RCX, VECTOR_BYTES);
    a.add(RAX, VECTOR_BYTES);
    a.sub(R10, 1);
    a.jump(Assembler.Condition.NOT_ZERO, loop);
  }

  private void store(Gp to) {
    Vec rounded = Vec.ymm(SCRATCH.number());
    a.vcvtneps2bf16(rounded, SCRATCH);
    a.vmovups(Mem.at(to), rounded);
    a.add(to, VECTOR_BYTES / 2);
  }
}
