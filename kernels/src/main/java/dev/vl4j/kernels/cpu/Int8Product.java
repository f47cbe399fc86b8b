package dev.vl4j.kernels.cpu;

import static dev.vl4j.kernels.x86.MachineCode.PANEL;

import dev.vl4j.kernels.Epilogue;
import dev.vl4j.kernels.memory.HostTensor;
import dev.vl4j.kernels.x86.MachineCode;
import java.lang.foreign.MemorySegment;

/** A linear layer of 8-bit operands, on emitted kernels. */
final class Int8Product extends EmittedProduct {
  private final HostTensor x;
  private final Int8Linear weight;
  private final Int8Rows quantised;
  private final Int8Outliers outliers;
  private final ProductOutput output;

  /**
   * @param quantised scratch
   * @param operands scratch of {@link #operandBytes} bytes
   */
  Int8Product(
      MachineCode code,
      HostTensor x,
      Int8Linear weight,
      Epilogue epilogue,
      HostTensor out,
      Int8Rows quantised,
      MemorySegment operands) {
    super(code, weight.memory(), weight.panels(), x.rows(), weight.depth(), operands);
    this.x = x;
    this.weight = weight;
    this.quantised = quantised;
    quantised.reset(x.rows());
    outliers = new Int8Outliers(weight, quantised);
    output = new ProductOutput(epilogue, weight.gated(), PANEL, out);
  }

  static long operandBytes(int rows, Int8Linear weight) {
    return operandBytes(rows, weight.depth());
  }

  @Override
  void convert(int row, MemorySegment operands, long at) {
    quantised.quantise(code, x, row, operands, at, weight.depth());
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
    code.tileInt8(
        tileRows, accumulate, a, b, c, steps, strideA, PANEL * Integer.BYTES, lines, fetch);
  }

  @Override
  void finish(MemorySegment sums, long at, int firstRow, int lastRow, int panel) {
    code.scale(
        sums.address() + at,
        weight.compensation(panel).address(),
        weight.steps(panel).address(),
        quantised.steps(firstRow).address(),
        lastRow - firstRow);
    for (int row = firstRow; row < lastRow; row++) {
      long of = at + (row - firstRow) * SUM_BYTES;
      outliers.add(sums, of, row, panel);
      output.write(sums, of, row, panel);
    }
  }
}
