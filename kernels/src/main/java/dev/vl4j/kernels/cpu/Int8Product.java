package dev.vl4j.kernels.cpu;

import static dev.vl4j.kernels.cpu.EmittedOutput.put;
import static dev.vl4j.kernels.x86.MachineCode.PANEL;

import dev.vl4j.kernels.Epilogue;
import dev.vl4j.kernels.memory.HostTensor;
import dev.vl4j.kernels.x86.MachineCode;
import dev.vl4j.kernels.x86.OutputSlot;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** A linear layer of 8-bit operands, on emitted kernels. */
final class Int8Product extends EmittedProduct {
  private final HostTensor x;
  private final Int8Linear weight;
  private final Int8Rows quantised;
  private final Int8Outliers outliers;
  private final ProductOutput output;
  private final @Nullable EmittedOutput emitted;

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
    super(
        code,
        code.int8().products(),
        weight.memory(),
        weight.panels(),
        x.rows(),
        weight.depth(),
        operands);
    this.x = x;
    this.weight = weight;
    this.quantised = quantised;
    quantised.reset(x.rows());
    outliers = new Int8Outliers(weight, quantised);
    output = new ProductOutput(epilogue, weight.gated(), PANEL, out);
    emitted =
        code.hasOutputs() ? new EmittedOutput(code, true, epilogue, weight.gated(), out) : null;
  }

  static long operandBytes(MachineCode code, int rows, Int8Linear weight) {
    return operandBytes(code.int8().products(), rows, weight.depth());
  }

  @Override
  void convert(int row, MemorySegment to, long at, Workspace workspace) {
    if (code.hasOutputs()) {
      quantised.quantise(code, x, row, to, at, weight.depth(), workspace.quantiser());
    } else {
      quantised.quantise(x, row, code.int8().offset(), to, at, weight.depth());
    }
  }

  @Override
  void finish(Finished finished, Workspace workspace) {
    int panel = finished.panel();
    int row = finished.firstRow();
    MemorySegment rowSteps = quantised.steps(row);
    if (emitted != null) {
      MemorySegment frame = workspace.frame();
      put(frame, OutputSlot.COMPENSATION, weight.compensation(panel).address());
      put(frame, OutputSlot.COLUMN_STEPS, weight.steps(panel).address());
      put(frame, OutputSlot.ROW_STEPS, rowSteps.address());
      put(frame, OutputSlot.HIGH_DIGITS, quantised.highDigits().address(row));
      put(frame, OutputSlot.WEIGHTS, weight.memory().address(panel, 0));
      emitted.write(finished, frame);
      return;
    }
    code.int8()
        .scale(
            finished.sums(),
            weight.compensation(panel).address(),
            weight.steps(panel).address(),
            rowSteps.address(),
            finished.lastRow() - row);
    MemorySegment sums = workspace.sums();
    long at = finished.sums() - sums.address();
    for (; row < finished.lastRow(); row++, at += SUM_BYTES) {
      outliers.add(sums, at, row, panel);
      output.write(sums, at, row, panel);
    }
  }
}
