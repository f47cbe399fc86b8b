package dev.vl4j.kernels.cpu.emitted;

import dev.vl4j.kernels.Epilogue;
import dev.vl4j.kernels.Operand;
import dev.vl4j.kernels.PreparedStore;
import dev.vl4j.kernels.cpu.family.Int8Linear;
import dev.vl4j.kernels.cpu.family.PackedRows;
import dev.vl4j.kernels.memory.ForwardMemory;
import dev.vl4j.kernels.memory.HostTensor;
import dev.vl4j.kernels.x86.Int8Code;
import dev.vl4j.kernels.x86.MachineCode;
import dev.vl4j.kernels.x86.PackCode;
import org.jspecify.annotations.Nullable;

/** A weight in 8-bit integers that {@link EmittedInt8Product} multiplies with. */
final class EmittedInt8Linear extends Int8Linear {
  private final EmittedKernels kernels;

  private EmittedInt8Linear(EmittedKernels kernels, PackedRows rows, PreparedStore store) {
    super(
        rows,
        kernels.code().int8().products().stepBytes(),
        Integer.BYTES,
        kernels.code().int8().offset(),
        kernels.memory(),
        store);
    this.kernels = kernels;
  }

  /**
   * @param code packs; null for Java
   */
  static EmittedInt8Linear pack(
      EmittedKernels kernels, PackedRows rows, @Nullable PackCode code, PreparedStore store) {
    EmittedInt8Linear linear = new EmittedInt8Linear(kernels, rows, store);
    linear.pack(rows, code, store, kernels.pool());
    return linear;
  }

  /** Names the layout of stored memory. */
  static String layout(Int8Code code) {
    return layout(MachineCode.PANEL, code.products().stepBytes(), Integer.BYTES, code.offset());
  }

  @Override
  public boolean rounds() {
    return kernels.code().hasOutputs();
  }

  @Override
  public void multiply(Operand x, Epilogue epilogue, Operand out, ForwardMemory memory) {
    HostTensor from = HostTensor.of(x);
    long bytes = EmittedInt8Product.operandBytes(kernels.code(), from.rows(), this);
    new EmittedInt8Product(
            kernels.code(),
            from,
            this,
            epilogue,
            out,
            kernels.quantised(),
            memory.scratch(bytes).segment())
        .run(kernels.pool(), kernels.products());
  }
}
