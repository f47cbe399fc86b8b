package dev.vl4j.kernels.cpu.vector;

import dev.vl4j.kernels.Epilogue;
import dev.vl4j.kernels.Operand;
import dev.vl4j.kernels.PreparedStore;
import dev.vl4j.kernels.cpu.family.Int8Linear;
import dev.vl4j.kernels.cpu.family.PackedRows;
import dev.vl4j.kernels.memory.ForwardMemory;
import dev.vl4j.kernels.memory.HostTensor;

/** A weight in 8-bit integers that {@link TiledInt8Product} multiplies with. */
final class TiledInt8Linear extends Int8Linear {
  /** What depth is padded to: whole words. */
  private static final int STEP_BYTES = Integer.BYTES;

  private final VectorKernels kernels;

  private TiledInt8Linear(VectorKernels kernels, PackedRows rows, PreparedStore store) {
    super(rows, STEP_BYTES, STEP_BYTES, 0, kernels.memory(), store);
    this.kernels = kernels;
  }

  static TiledInt8Linear pack(VectorKernels kernels, PackedRows rows, PreparedStore store) {
    TiledInt8Linear linear = new TiledInt8Linear(kernels, rows, store);
    linear.pack(rows, null, store, kernels.pool());
    return linear;
  }

  /** Names the layout of stored memory. */
  static String layout() {
    return layout(Lanes.PANEL, STEP_BYTES, STEP_BYTES, 0);
  }

  @Override
  public boolean rounds() {
    return false;
  }

  @Override
  public void multiply(Operand x, Epilogue epilogue, Operand out, ForwardMemory memory) {
    HostTensor from = HostTensor.of(x);
    long digits = TiledInt8Product.digitBytes(from.rows(), this);
    new TiledInt8Product(
            from,
            this,
            epilogue,
            HostTensor.of(out),
            kernels.quantised(),
            memory.scratch(digits).segment(),
            kernels.tiles(from.rows(), from.columns(), memory))
        .run(kernels.pool(), kernels.products());
  }
}
