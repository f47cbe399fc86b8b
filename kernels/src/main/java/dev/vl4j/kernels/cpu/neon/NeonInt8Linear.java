package dev.vl4j.kernels.cpu.neon;

import dev.vl4j.kernels.Epilogue;
import dev.vl4j.kernels.Operand;
import dev.vl4j.kernels.PreparedStore;
import dev.vl4j.kernels.aarch64.NeonProducts;
import dev.vl4j.kernels.cpu.family.Int8Linear;
import dev.vl4j.kernels.cpu.family.PackedRows;
import dev.vl4j.kernels.memory.ForwardMemory;
import dev.vl4j.kernels.memory.HostTensor;
import java.lang.foreign.MemorySegment;

/** A weight in 8-bit integers that {@link NeonInt8Product} multiplies with. */
final class NeonInt8Linear extends Int8Linear {
  private final NeonKernels kernels;

  private NeonInt8Linear(NeonKernels kernels, PackedRows rows, PreparedStore store) {
    super(
        rows,
        kernels.code().int8().lineBytes(),
        kernels.code().int8().groupBytes(),
        0,
        kernels.memory(),
        store);
    this.kernels = kernels;
  }

  static NeonInt8Linear pack(NeonKernels kernels, PackedRows rows, PreparedStore store) {
    NeonInt8Linear linear = new NeonInt8Linear(kernels, rows, store);
    linear.pack(rows, null, store, kernels.pool());
    return linear;
  }

  /** Names the layout of stored memory. */
  static String layout(NeonProducts products) {
    return layout(NeonProducts.PANEL, products.lineBytes(), products.groupBytes(), 0);
  }

  @Override
  public boolean rounds() {
    return false;
  }

  @Override
  public void multiply(Operand x, Epilogue epilogue, Operand out, ForwardMemory memory) {
    HostTensor from = HostTensor.of(x);
    long bytes = NeonProducts.bytes(from.rows(), depth());
    MemorySegment operands = memory.scratch(bytes).segment();
    new NeonInt8Product(
            kernels.code(), from, this, epilogue, HostTensor.of(out), kernels.quantised(), operands)
        .run(kernels.pool(), kernels.products());
  }
}
