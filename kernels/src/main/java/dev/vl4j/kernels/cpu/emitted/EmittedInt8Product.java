package dev.vl4j.kernels.cpu.emitted;

import static dev.vl4j.kernels.x86.MachineCode.PANEL;

import dev.vl4j.kernels.Epilogue;
import dev.vl4j.kernels.Operand;
import dev.vl4j.kernels.cpu.family.Int8Linear;
import dev.vl4j.kernels.cpu.family.WorkerPool;
import dev.vl4j.kernels.cpu.vector.Int8Outliers;
import dev.vl4j.kernels.cpu.vector.VectorOutput;
import dev.vl4j.kernels.memory.HostTensor;
import dev.vl4j.kernels.x86.Int8Code;
import dev.vl4j.kernels.x86.MachineCode;
import dev.vl4j.kernels.x86.OperandLayout;
import dev.vl4j.kernels.x86.OutputSlot;
import java.lang.foreign.MemorySegment;

/** A linear layer of 8-bit operands, on emitted kernels. */
final class EmittedInt8Product extends EmittedProduct {
  /** Rows of a task that quantises: enough that claiming it costs nothing. */
  private static final int QUANTISED_ROWS = 4;

  /** Makes output of sums: by one kernel for all of it, or on 256 bits by several. */
  private interface Output {
    void write(Finished finished, Workspace workspace);

    /** How many of some rows it can take at a time. */
    default int run(int first, int last) {
      return last - first;
    }
  }

  private final HostTensor x;
  private final Int8Linear weight;
  private final EmittedInt8Rows quantised;
  private final MemorySegment operands;
  private final Output output;

  /**
   * @param out a tensor, or where there are kernels for output a {@link PackedOperand}
   * @param quantised scratch
   * @param operands scratch of {@link #operandBytes} bytes
   */
  EmittedInt8Product(
      MachineCode code,
      HostTensor x,
      Int8Linear weight,
      Epilogue epilogue,
      Operand out,
      EmittedInt8Rows quantised,
      MemorySegment operands) {
    super(
        code,
        code.int8().products(),
        weight.memory(),
        weight.panels(),
        x.rows(),
        weight.depth(),
        operands.address());
    this.x = x;
    this.weight = weight;
    this.quantised = quantised;
    this.operands = operands;
    quantised.reset(x.rows());
    output =
        code.hasOutputs()
            ? new Emitted(new EmittedOutput(code, true, epilogue, weight.gated(), out))
            : new Narrow(
                new VectorOutput(
                    epilogue, weight.gated(), PANEL, HostTensor.of(out), code.floats(256)));
  }

  static long operandBytes(MachineCode code, int rows, Int8Linear weight) {
    return code.int8().products().layout().bytes(rows, weight.depth());
  }

  /** Quantises rows, then multiplies. */
  @Override
  void run(WorkerPool pool, Workspace[] workspaces) {
    pool.run(
        x.rows(),
        QUANTISED_ROWS,
        (first, last, worker) -> {
          for (int row = first; row < last; row++) {
            quantise(row, workspaces[worker]);
          }
        });
    super.run(pool, workspaces);
  }

  private void quantise(int row, Workspace workspace) {
    OperandLayout layout = code.int8().products().layout();
    int depth = weight.depth();
    Int8Code int8 = code.int8();
    EmittedInt8Rows.Scratch scratch = workspace.quantiser();
    if (layout.rows() == 1) {
      quantised.quantise(int8, x, row, operands, layout.at(row, 0, depth), depth, scratch);
      return;
    }
    MemorySegment contiguous = workspace.row(depth);
    quantised.quantise(int8, x, row, contiguous, 0, depth, scratch);
    RowScatter.scatter(contiguous, operands, layout, row, depth);
  }

  @Override
  void finish(Finished finished, Workspace workspace) {
    output.write(finished, workspace);
  }

  @Override
  int run(int first, int last) {
    return output.run(first, last);
  }

  private final class Emitted implements Output {
    private final EmittedOutput output;

    Emitted(EmittedOutput output) {
      this.output = output;
    }

    @Override
    public int run(int first, int last) {
      return output.run(first, last);
    }

    @Override
    public void write(Finished finished, Workspace workspace) {
      int panel = finished.panel();
      int row = finished.firstRow();
      MemorySegment frame = workspace.frame();
      OutputSlot.COMPENSATION.put(frame, weight.compensation(panel).address());
      OutputSlot.COLUMN_SCALES.put(frame, weight.scales(panel).address());
      OutputSlot.ROW_SCALES.put(frame, quantised.scales(row).address());
      OutputSlot.HIGH_DIGITS.put(frame, quantised.highDigits().address(row));
      OutputSlot.WEIGHTS.put(frame, weight.memory().address(panel, 0));
      output.write(finished, frame);
    }
  }

  private final class Narrow implements Output {
    private final VectorOutput output;
    private final Int8Outliers outliers = new Int8Outliers(weight, quantised);

    Narrow(VectorOutput output) {
      this.output = output;
    }

    @Override
    public void write(Finished finished, Workspace workspace) {
      int panel = finished.panel();
      int row = finished.firstRow();
      code.int8()
          .scale(
              finished.sums(),
              weight.compensation(panel).address(),
              weight.scales(panel).address(),
              quantised.scales(row).address(),
              finished.lastRow() - row);
      MemorySegment sums = workspace.sums();
      long at = finished.sums() - sums.address();
      for (int i = row; i < finished.lastRow(); i++) {
        outliers.add(sums, at + (i - row) * SUM_BYTES, i, panel);
      }
      output.write(sums, at, row, finished.lastRow(), panel, workspace.frame());
    }
  }
}
