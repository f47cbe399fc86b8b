package dev.vl4j.kernels.cpu;

import dev.vl4j.kernels.Epilogue;
import dev.vl4j.kernels.memory.HostTensor;
import dev.vl4j.kernels.x86.MachineCode;
import java.lang.foreign.MemorySegment;

/** A linear layer of bfloat16 operands, on emitted kernels. */
final class Bf16Product extends EmittedProduct {
  private final HostTensor x;
  private final Bf16Linear weight;
  private final EmittedOutput output;

  /**
   * @param operands scratch of {@link #operandBytes} bytes
   */
  Bf16Product(
      MachineCode code,
      HostTensor x,
      Bf16Linear weight,
      Epilogue epilogue,
      HostTensor out,
      MemorySegment operands) {
    super(
        code,
        code.bf16().products(),
        weight.memory(),
        weight.panels(),
        x.rows(),
        weight.depth() * Short.BYTES,
        operands);
    this.x = x;
    this.weight = weight;
    output = new EmittedOutput(code, false, epilogue, weight.gated(), out);
  }

  static long operandBytes(MachineCode code, int rows, Bf16Linear weight) {
    return operandBytes(code.bf16().products(), rows, weight.depth() * Short.BYTES);
  }

  @Override
  void convert(int row, MemorySegment to, long at, Workspace workspace) {
    Bf16Rows.round(code, x, row, 0, x.columns(), to, at, weight.depth());
  }

  @Override
  void finish(Finished finished, Workspace workspace) {
    output.write(finished, workspace.frame());
  }
}
