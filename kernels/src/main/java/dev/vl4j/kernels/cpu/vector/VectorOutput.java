package dev.vl4j.kernels.cpu.vector;

import static dev.vl4j.kernels.cpu.vector.Lanes.COUNT;
import static dev.vl4j.kernels.cpu.vector.Lanes.FLOAT;
import static dev.vl4j.kernels.cpu.vector.Lanes.ORDER;

import dev.vl4j.kernels.Activation;
import dev.vl4j.kernels.Epilogue;
import dev.vl4j.kernels.memory.HostTensor;
import dev.vl4j.kernels.x86.FloatCode;
import dev.vl4j.kernels.x86.OutputCode;
import dev.vl4j.kernels.x86.OutputKind;
import dev.vl4j.kernels.x86.OutputSlot;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import org.jspecify.annotations.Nullable;

/**
 * Where finished sums of a product go: {@code out = residual + activation(sum + bias)}, or {@code
 * silu(gate) * up} of a panel's halves.
 */
public final class VectorOutput {
  private final @Nullable HostTensor bias;
  private final Activation activation;
  private final @Nullable HostTensor residual;
  private final boolean gated;
  private final int width;
  private final HostTensor out;
  private final @Nullable OutputCode code;
  private final @Nullable MemorySegment kernel;

  /** On the Vector API alone. */
  public VectorOutput(Epilogue epilogue, boolean gated, int panel, HostTensor out) {
    this(epilogue, gated, panel, out, null);
  }

  /**
   * @param panel sums of a row that come together; the half of it a multiple of the vector's length
   * @param floats writes whole panels, if it is there
   */
  public VectorOutput(
      Epilogue epilogue, boolean gated, int panel, HostTensor out, @Nullable FloatCode floats) {
    this.bias = HostTensor.ofNullable(epilogue.bias());
    this.activation = epilogue.activation();
    this.residual = HostTensor.ofNullable(epilogue.residual());
    this.gated = gated;
    this.width = gated ? panel / 2 : panel;
    this.out = out;
    code = floats == null ? null : floats.outputs();
    boolean hasBias = bias != null;
    boolean adds = residual != null;
    kernel =
        code == null
            ? null
            : code.kernel(
                new OutputKind(false, gated, hasBias, activation, adds, false, true), panel);
  }

  /**
   * Writes what becomes of some rows' sums of one panel; columns past the output's last are left
   * out.
   *
   * @param sums memory of the sums, float32, without gaps
   * @param at byte offset of the first
   * @param frame scratch of {@link OutputSlot#FRAME_BYTES}
   */
  public void write(
      MemorySegment sums, long at, int firstRow, int lastRow, int panel, MemorySegment frame) {
    int first = panel * width;
    if (code != null && kernel != null && first + width <= out.columns()) {
      OutputSlot.ROWS.put(frame, lastRow - firstRow);
      OutputSlot.SUMS.put(frame, sums.address() + at);
      OutputSlot.OUT.put(frame, out.address(firstRow, first));
      OutputSlot.OUT_STRIDE.put(frame, out.rowBytes());
      if (bias != null) {
        OutputSlot.BIAS.put(frame, bias.address(0, first));
      }
      if (residual != null) {
        OutputSlot.RESIDUAL.put(frame, residual.address(firstRow, first));
        OutputSlot.RESIDUAL_STRIDE.put(frame, residual.rowBytes());
      }
      code.write(kernel, frame);
      return;
    }
    long rowBytes = (gated ? 2L : 1L) * width * Float.BYTES;
    for (int row = firstRow; row < lastRow; row++) {
      write(sums, at + (row - firstRow) * rowBytes, row, panel);
    }
  }

  /**
   * Writes what becomes of one row's sums of one panel; columns past the output's last are left
   * out.
   *
   * @param sums memory of the sums, float32
   * @param at byte offset of the first
   */
  public void write(MemorySegment sums, long at, int row, int panel) {
    int first = panel * width;
    boolean whole = first + width <= out.columns();
    if (gated) {
      writeGated(sums, at, row, first);
    } else if (whole) {
      writeWhole(sums, at, row, first);
    } else {
      writePart(sums, at, row, first);
    }
  }

  private void writeGated(MemorySegment sums, long at, int row, int first) {
    for (int i = 0; i < width; i += COUNT) {
      FloatVector gate = sum(sums, at, i);
      FloatVector v = VectorMath.silu(gate).mul(sum(sums, at, width + i));
      long to = out.at(row, first + i);
      if (first + i + COUNT <= out.columns()) {
        v.intoMemorySegment(out.data(), to, ORDER);
      } else {
        v.intoMemorySegment(out.data(), to, ORDER, FLOAT.indexInRange(first + i, out.columns()));
      }
    }
  }

  private void writeWhole(MemorySegment sums, long at, int row, int first) {
    for (int i = 0; i < width; i += COUNT) {
      int column = first + i;
      FloatVector v = sum(sums, at, i);
      if (bias != null) {
        v = v.add(load(bias, 0, column));
      }
      v = activate(v);
      if (residual != null) {
        v = v.add(load(residual, row, column));
      }
      v.intoMemorySegment(out.data(), out.at(row, column), ORDER);
    }
  }

  private void writePart(MemorySegment sums, long at, int row, int first) {
    for (int i = 0; i < width; i += COUNT) {
      int column = first + i;
      VectorMask<Float> mask = FLOAT.indexInRange(column, out.columns());
      FloatVector v = sum(sums, at, i);
      if (bias != null) {
        v = v.add(load(bias, 0, column, mask));
      }
      v = activate(v);
      if (residual != null) {
        v = v.add(load(residual, row, column, mask));
      }
      v.intoMemorySegment(out.data(), out.at(row, column), ORDER, mask);
    }
  }

  private static FloatVector sum(MemorySegment sums, long at, int column) {
    return FloatVector.fromMemorySegment(FLOAT, sums, at + (long) column * Float.BYTES, ORDER);
  }

  private FloatVector activate(FloatVector v) {
    return activation == Activation.NONE
        ? v
        : activation == Activation.GELU_TANH ? VectorMath.geluTanh(v) : VectorMath.geluErf(v);
  }

  private static FloatVector load(HostTensor x, int row, int column) {
    return FloatVector.fromMemorySegment(FLOAT, x.data(), x.at(row, column), ORDER);
  }

  private static FloatVector load(HostTensor x, int row, int column, VectorMask<Float> mask) {
    return FloatVector.fromMemorySegment(FLOAT, x.data(), x.at(row, column), ORDER, mask);
  }
}
