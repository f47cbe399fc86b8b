package dev.vl4j.kernels.cpu;

import static dev.vl4j.kernels.x86.MachineCode.PANEL;

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
    super(code, weight.memory(), weight.panels(), x.rows(), weight.depth() * Short.BYTES, operands);
    this.x = x;
    this.weight = weight;
    output = new EmittedOutput(code, false, epilogue, weight.gated(), out);
  }

  static long operandBytes(int rows, Bf16Linear weight) {
    return operandBytes(rows, weight.depth() * Short.BYTES);
  }

  @Override
  void convert(int row, MemorySegment operands, long at, Workspace workspace) {
    Bf16Rows.round(code, x, row, 0, x.columns(), operands, at, weight.depth());
  }

  @Override
  void tile(
      int tileRows,
      boolean accumulate,
      long a,
      long b,
      long c,
      long steps,
      long strideA,
      int lines,
      long fetch) {
    code.tileBf16(tileRows, accumulate, a, b, c, steps, strideA, PANEL * Float.BYTES, lines, fetch);
  }

  @Override
  void finish(Finished finished, Workspace workspace) {
    output.write(finished, workspace.frame());
  }
}
