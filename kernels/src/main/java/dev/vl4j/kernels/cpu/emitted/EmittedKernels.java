package dev.vl4j.kernels.cpu.emitted;

import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.DType;
import dev.vl4j.kernels.HeadNorm;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.PreparedStore;
import dev.vl4j.kernels.Segment;
import dev.vl4j.kernels.cpu.family.CpuAttention;
import dev.vl4j.kernels.cpu.family.CpuRotary;
import dev.vl4j.kernels.cpu.family.HeadFormat;
import dev.vl4j.kernels.cpu.family.HeadRows;
import dev.vl4j.kernels.cpu.family.KernelFamily;
import dev.vl4j.kernels.cpu.family.Norms;
import dev.vl4j.kernels.cpu.family.PackedRows;
import dev.vl4j.kernels.cpu.family.PanelLinear;
import dev.vl4j.kernels.cpu.family.WorkerPool;
import dev.vl4j.kernels.memory.HostMemory;
import dev.vl4j.kernels.memory.HostTensor;
import dev.vl4j.kernels.x86.MachineCode;
import dev.vl4j.kernels.x86.OperandLayout;
import dev.vl4j.kernels.x86.PackCode;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Kernels in machine code, for the formats that the tier in use has instructions for. */
public final class EmittedKernels implements KernelFamily {
  /** Rows of a task that rounds: enough that claiming it costs nothing. */
  private static final int ROUNDED_ROWS = 4;

  private final MachineCode code;
  private final @Nullable PackCode packs;
  private final WorkerPool pool;
  private final HostMemory memory;
  private final EmittedProduct.Workspace[] products;
  private final EmittedAttention.Workspace[] attentions;
  private final EmittedInt8Rows quantised = new EmittedInt8Rows();

  public EmittedKernels(MachineCode code, WorkerPool pool, HostMemory memory) {
    this.code = code;
    this.pool = pool;
    this.memory = memory;
    // Its class makes native calls as soon as it is there, which may be forbidden.
    packs = code.hasInt8() ? PackCode.of(code.tier()) : null;
    products = new EmittedProduct.Workspace[pool.size()];
    attentions = new EmittedAttention.Workspace[pool.size()];
    Arrays.setAll(products, i -> new EmittedProduct.Workspace());
    Arrays.setAll(attentions, i -> new EmittedAttention.Workspace());
  }

  MachineCode code() {
    return code;
  }

  WorkerPool pool() {
    return pool;
  }

  HostMemory memory() {
    return memory;
  }

  EmittedProduct.Workspace[] products() {
    return products;
  }

  EmittedAttention.Workspace attention(int worker) {
    return attentions[worker];
  }

  /** Scratch for 8-bit rows. */
  EmittedInt8Rows quantised() {
    return quantised;
  }

  /** Rounds a tensor's rows. */
  public void round(HostTensor x, PackedOperand out) {
    pool.run(
        x.rows(), ROUNDED_ROWS, (first, last, worker) -> out.write(x.rows(first, last), first, 0));
  }

  /** Whether machine code is emitted for products of this format. */
  public static boolean has(MachineCode code, OperandFormat operands) {
    return switch (operands) {
      case F32, FP8 -> false;
      case BF16 -> code.hasBf16();
      case INT8 -> code.hasInt8();
    };
  }

  @Override
  public int panel() {
    return MachineCode.PANEL;
  }

  @Override
  public String layout(OperandFormat operands) {
    // The tier goes beyond what the layouts say: a kernel's wish that they forget is in it.
    return code.tier()
        + ": "
        + switch (operands) {
          case F32, FP8 -> throw unknown(operands);
          case BF16 -> EmittedBf16Linear.layout(code.bf16().products().stepBytes());
          case INT8 -> EmittedInt8Linear.layout(code.int8());
        };
  }

  @Override
  public PanelLinear pack(PackedRows rows, OperandFormat operands, PreparedStore store) {
    return switch (operands) {
      case F32, FP8 -> throw unknown(operands);
      case BF16 -> EmittedBf16Linear.pack(this, rows, packs, store);
      case INT8 -> EmittedInt8Linear.pack(this, rows, packs, store);
    };
  }

  private static BackendException unknown(OperandFormat operands) {
    return new BackendException("cpu: no emitted kernels for " + operands);
  }

  /** Heads are whole lines, since {@link OperandLayout} pads rows. */
  @Override
  public HeadFormat headFormat(AttentionShape shape) {
    int line = OperandLayout.PART / Short.BYTES;
    return new HeadFormat(
        DType.BF16, shape.headSize(), Math.ceilDiv(shape.headSize(), line) * line);
  }

  /** Row by row, as they lie: to the kernel, the heads of one row are rows. */
  @Override
  public void write(HostTensor heads, HeadRows to, int row) {
    int size = to.format().size();
    for (int i = 0; i < heads.rows(); i++) {
      code.bf16()
          .round(
              heads.address(i, 0),
              (long) size * Float.BYTES,
              to.address(0, row + i),
              to.format().bytes(1, to.rows()),
              OperandLayout.PART,
              heads.columns() / size,
              size);
    }
  }

  @Override
  public void turn(
      HostTensor heads,
      HeadNorm norm,
      CpuRotary rotary,
      HeadRows to,
      int row,
      Norms norms,
      int worker) {
    if (norms instanceof EmittedNorms emitted && emitted.turns(to.format().size())) {
      emitted.turn(heads, norm, rotary, to, row, worker);
    } else {
      KernelFamily.super.turn(heads, norm, rotary, to, row, norms, worker);
    }
  }

  @Override
  public CpuAttention attention(AttentionShape shape, List<Segment> segments) {
    return new EmittedAttention(this, shape, segments);
  }
}
