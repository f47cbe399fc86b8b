package dev.vl4j.kernels.cpu;

import static dev.vl4j.kernels.x86.MachineCode.PANEL;

import dev.vl4j.kernels.Activation;
import dev.vl4j.kernels.Epilogue;
import dev.vl4j.kernels.Tensor;
import dev.vl4j.kernels.memory.HostTensor;
import dev.vl4j.kernels.x86.MachineCode;
import dev.vl4j.kernels.x86.OutputKind;
import dev.vl4j.kernels.x86.OutputSlot;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/** {@link ProductOutput} by emitted kernels: many rows of a panel in one call, scale included. */
final class EmittedOutput {
  private final MachineCode code;
  private final MemorySegment whole;
  private final MemorySegment part;
  private final @Nullable HostTensor bias;
  private final @Nullable HostTensor residual;
  private final boolean gated;
  private final HostTensor out;

  /**
   * @param quantised whether sums are of digits; their scales are then the caller's to fill in
   */
  EmittedOutput(
      MachineCode code, boolean quantised, Epilogue epilogue, boolean gated, HostTensor out) {
    this.code = code;
    bias = hostOrNull(epilogue.bias());
    residual = hostOrNull(epilogue.residual());
    this.gated = gated;
    this.out = out;
    boolean hasBias = bias != null;
    boolean adds = residual != null;
    Activation activation = epilogue.activation();
    whole =
        code.outputs().kernel(new OutputKind(quantised, gated, hasBias, activation, adds, true));
    part =
        code.outputs().kernel(new OutputKind(quantised, gated, hasBias, activation, adds, false));
  }

  private static @Nullable HostTensor hostOrNull(@Nullable Tensor tensor) {
    return tensor == null ? null : HostTensor.of(tensor);
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
    put(frame, OutputSlot.ROWS, finished.lastRow() - row);
    put(frame, OutputSlot.SUMS, finished.sums());
    put(frame, OutputSlot.OUT, out.address(row, column));
    put(frame, OutputSlot.OUT_STRIDE, rowBytes(out));
    // Past the last panel there is none to come: then what is here already does no harm.
    int next = finished.nextPanel() * width < out.columns() ? finished.nextPanel() * width : column;
    put(frame, OutputSlot.NEXT_OUT, out.address(finished.nextRow(), next));
    put(frame, OutputSlot.MASKS, (1L << count) - 1);
    if (bias != null) {
      put(frame, OutputSlot.BIAS, bias.address(0, column));
    }
    if (residual != null) {
      put(frame, OutputSlot.RESIDUAL, residual.address(row, column));
      put(frame, OutputSlot.RESIDUAL_STRIDE, rowBytes(residual));
      put(frame, OutputSlot.NEXT_RESIDUAL, residual.address(finished.nextRow(), next));
    }
    code.outputs().write(count == width ? whole : part, frame);
  }

  static void put(MemorySegment frame, OutputSlot slot, long value) {
    frame.set(ValueLayout.JAVA_LONG, slot.offset(), value);
  }

  private static long rowBytes(HostTensor tensor) {
    return (long) tensor.rowStride() * Float.BYTES;
  }
}
