package dev.vl4j.kernels.cpu.neon;

import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.PreparedStore;
import dev.vl4j.kernels.Segment;
import dev.vl4j.kernels.aarch64.NeonCode;
import dev.vl4j.kernels.aarch64.NeonProducts;
import dev.vl4j.kernels.cpu.family.CpuAttention;
import dev.vl4j.kernels.cpu.family.HeadFormat;
import dev.vl4j.kernels.cpu.family.HeadRows;
import dev.vl4j.kernels.cpu.family.KernelFamily;
import dev.vl4j.kernels.cpu.family.PackedRows;
import dev.vl4j.kernels.cpu.family.PanelLinear;
import dev.vl4j.kernels.cpu.family.WorkerPool;
import dev.vl4j.kernels.cpu.vector.VectorKernels;
import dev.vl4j.kernels.memory.HostMemory;
import dev.vl4j.kernels.memory.HostTensor;
import java.util.Arrays;
import java.util.List;

/**
 * Kernels in machine code for aarch64, for the formats that the tier in use has instructions for.
 * Attention is the Vector API's.
 */
public final class NeonKernels implements KernelFamily {
  private final NeonCode code;
  private final WorkerPool pool;
  private final HostMemory memory;
  private final VectorKernels vector;
  private final NeonProduct.Workspace[] products;
  private final NeonInt8Rows quantised;

  public NeonKernels(NeonCode code, WorkerPool pool, HostMemory memory, VectorKernels vector) {
    this.code = code;
    this.pool = pool;
    this.memory = memory;
    this.vector = vector;
    products = new NeonProduct.Workspace[pool.size()];
    Arrays.setAll(products, i -> new NeonProduct.Workspace());
    quantised = new NeonInt8Rows();
  }

  NeonCode code() {
    return code;
  }

  WorkerPool pool() {
    return pool;
  }

  HostMemory memory() {
    return memory;
  }

  NeonProduct.Workspace[] products() {
    return products;
  }

  /** Scratch for 8-bit rows. */
  NeonInt8Rows quantised() {
    return quantised;
  }

  /** Whether machine code is emitted for products of this format. */
  public static boolean has(NeonCode code, OperandFormat operands) {
    return switch (operands) {
      case F32, FP8 -> false;
      case BF16 -> code.hasBf16();
      case INT8 -> code.hasInt8();
    };
  }

  @Override
  public int panel() {
    return NeonProducts.PANEL;
  }

  @Override
  public String layout(OperandFormat operands) {
    return code.choice().tier()
        + ": "
        + switch (operands) {
          case F32, FP8 -> throw unknown(operands);
          case BF16 -> NeonBf16Linear.layout();
          case INT8 -> NeonInt8Linear.layout(code.int8());
        };
  }

  @Override
  public PanelLinear pack(PackedRows rows, OperandFormat operands, PreparedStore store) {
    return switch (operands) {
      case F32, FP8 -> throw unknown(operands);
      case BF16 -> NeonBf16Linear.pack(this, rows, store);
      case INT8 -> NeonInt8Linear.pack(this, rows, store);
    };
  }

  private static BackendException unknown(OperandFormat operands) {
    return new BackendException("cpu: no kernels for aarch64 for " + operands);
  }

  @Override
  public HeadFormat headFormat(AttentionShape shape) {
    return vector.headFormat(shape);
  }

  @Override
  public void write(HostTensor heads, HeadRows to, int row) {
    vector.write(heads, to, row);
  }

  @Override
  public CpuAttention attention(AttentionShape shape, List<Segment> segments) {
    return vector.attention(shape, segments);
  }
}
