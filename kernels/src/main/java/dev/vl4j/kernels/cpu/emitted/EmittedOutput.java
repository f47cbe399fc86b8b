package dev.vl4j.kernels.cpu.emitted;

import static dev.vl4j.kernels.x86.MachineCode.PANEL;

import dev.vl4j.kernels.Activation;
import dev.vl4j.kernels.Epilogue;
import dev.vl4j.kernels.Operand;
import dev.vl4j.kernels.cpu.vector.VectorOutput;
import dev.vl4j.kernels.memory.HostTensor;
import dev.vl4j.kernels.x86.MachineCode;
import dev.vl4j.kernels.x86.OutputKind;
import dev.vl4j.kernels.x86.OutputSlot;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** {@link VectorOutput} by emitted kernels: many rows of a panel in one call, scale included. */
final class EmittedOutput {
  private final MachineCode code;
  private final MemorySegment whole;
  private final MemorySegment part;
  private final @Nullable HostTensor bias;
  private final @Nullable HostTensor residual;
  private final boolean gated;
  private final Target out;

  /** Rows that are written, float32 or bfloat16. */
  private interface Target {
    int columns();

    long address(int row, int column);

    /** Bytes from one row to the next. */
    long stride();

    /** How many of some rows can be reached by the stride from the first. */
    int run(int first, int last);
  }

  private record Floats(HostTensor tensor) implements Target {
    @Override
    public int columns() {
      return tensor.columns();
    }

    @Override
    public long address(int row, int column) {
      return tensor.address(row, column);
    }

    @Override
    public long stride() {
      return tensor.rowBytes();
    }

    @Override
    public int run(int first, int last) {
      return last - first;
    }
  }

  private record Rounded(PackedOperand operand) implements Target {
    @Override
    public int columns() {
      return operand.columns();
    }

    @Override
    public long address(int row, int column) {
      return operand.address(row, column);
    }

    @Override
    public long stride() {
      return operand.rowStride();
    }

    @Override
    public int run(int first, int last) {
      return operand.layout().run(first, last);
    }
  }

  /**
   * @param quantised whether sums are of digits; their scales are then the caller's to fill in
   * @param out a tensor or a {@link PackedOperand}
   */
  EmittedOutput(
      MachineCode code, boolean quantised, Epilogue epilogue, boolean gated, Operand out) {
    this.code = code;
    bias = HostTensor.ofNullable(epilogue.bias());
    residual = HostTensor.ofNullable(epilogue.residual());
    this.gated = gated;
    boolean rounded = out instanceof PackedOperand;
    this.out =
        out instanceof PackedOperand operand
            ? new Rounded(operand.open())
            : new Floats(HostTensor.of(out));
    boolean hasBias = bias != null;
    boolean adds = residual != null;
    Activation activation = epilogue.activation();
    whole =
        code.outputs()
            .kernel(
                new OutputKind(quantised, gated, hasBias, activation, adds, rounded, true), PANEL);
    part =
        code.outputs()
            .kernel(
                new OutputKind(quantised, gated, hasBias, activation, adds, rounded, false), PANEL);
  }

  /** How many of some rows {@link #write} can take at a time. */
  int run(int first, int last) {
    return out.run(first, last);
  }

  /**
   * Writes what becomes of some rows' sums of one panel.
   *
   * @param frame scratch of {@link OutputSlot#FRAME_BYTES}
   */
  void write(EmittedProduct.Finished finished, MemorySegment frame) {
    int width = gated ? PANEL / 2 : PANEL;
    int column = finished.panel() * width;
    int row = finished.firstRow();
    int count = Math.min(width, out.columns() - column);
    if (count <= 0) {
      return; // the panel has only columns that pad it
    }
    OutputSlot.ROWS.put(frame, finished.lastRow() - row);
    OutputSlot.SUMS.put(frame, finished.sums());
    OutputSlot.OUT.put(frame, out.address(row, column));
    OutputSlot.OUT_STRIDE.put(frame, out.stride());
    // Past the last panel there is none to come: then what is here already does no harm.
    int next = finished.nextPanel() * width < out.columns() ? finished.nextPanel() * width : column;
    OutputSlot.NEXT_OUT.put(frame, out.address(finished.nextRow(), next));
    OutputSlot.MASKS.put(frame, (1L << count) - 1);
    if (bias != null) {
      OutputSlot.BIAS.put(frame, bias.address(0, column));
    }
    if (residual != null) {
      OutputSlot.RESIDUAL.put(frame, residual.address(row, column));
      OutputSlot.RESIDUAL_STRIDE.put(frame, residual.rowBytes());
      OutputSlot.NEXT_RESIDUAL.put(frame, residual.address(finished.nextRow(), next));
    }
    code.outputs().write(count == width ? whole : part, frame);
  }
}
