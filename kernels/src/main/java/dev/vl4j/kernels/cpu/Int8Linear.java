package dev.vl4j.kernels.cpu;

import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.DType;
import dev.vl4j.kernels.HostMatrix;
import dev.vl4j.kernels.Linear;
import dev.vl4j.kernels.Quantization;
import dev.vl4j.kernels.x86.MachineCode;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * A weight in 8-bit integers, [panel][depth / 4][columns of a panel][4], with a step for each
 * column. Missing features are zero.
 */
final class Int8Linear implements Linear {
  private final PanelMemory memory;
  private final int outFeatures;
  private final int inFeatures;
  private final boolean gated;
  private final int panels;
  private final int panel;
  private final int depth;
  private final float[] steps;
  private final int[] columnSums;

  private Int8Linear(PackedRows rows, boolean huge) {
    outFeatures = rows.outFeatures();
    inFeatures = rows.inFeatures();
    gated = rows.gated();
    panels = rows.panels();
    panel = rows.panel();
    if (inFeatures > Quantization.LARGEST_DEPTH) {
      throw new BackendException(
          "prepare: int8 products hold %d input features at most, found %d"
              .formatted(Quantization.LARGEST_DEPTH, inFeatures));
    }
    depth = Math.ceilDiv(inFeatures, MachineCode.STEP_BYTES) * MachineCode.STEP_BYTES;
    memory =
        huge ? PanelMemory.huge(panels, panel, depth) : PanelMemory.plain(panels, panel, depth);
    steps = new float[panels * panel];
    columnSums = new int[panels * panel];
  }

  /**
   * @param huge whether to ask the system for huge pages
   */
  static Int8Linear pack(PackedRows rows, boolean huge, WorkerPool pool) {
    Int8Linear packed = new Int8Linear(rows, huge);
    boolean ready = false;
    try {
      pool.run(packed.panels, (panel, worker) -> packed.packPanel(rows, panel));
      ready = true;
    } finally {
      if (!ready) {
        packed.close();
      }
    }
    return packed;
  }

  int panels() {
    return panels;
  }

  /** Input features, padded to the kernels' step. */
  int depth() {
    return depth;
  }

  PanelMemory memory() {
    return memory;
  }

  /** The weight that a quantised 1 stands for, [panels * columns of a panel]. */
  float[] steps() {
    return steps;
  }

  /** Sums of each column's quantised weights, [panels * columns of a panel]. */
  int[] columnSums() {
    return columnSums;
  }

  private void packPanel(PackedRows rows, int number) {
    byte[] words = new byte[depth * panel];
    float[] values = new float[inFeatures];
    byte[] quantised = new byte[inFeatures];
    for (int column = 0; column < panel; column++) {
      int index = number * panel + column;
      PackedRows.@Nullable Row source = rows.columns().get(index);
      if (source == null) {
        continue; // the panel has zeros there
      }
      steps[index] = quantise(source, values, quantised);
      int sum = 0;
      for (int k = 0; k < inFeatures; k++) {
        words[((k >> 2) * panel + column) * 4 + (k & 3)] = quantised[k];
        sum += quantised[k];
      }
      columnSums[index] = sum;
    }
    MemorySegment.copy(
        words, 0, memory.data(), ValueLayout.JAVA_BYTE, memory.at(number, 0), words.length);
  }

  /** Quantises a row of a matrix; gives its step. */
  private static float quantise(PackedRows.Row source, float[] values, byte[] quantised) {
    read(source, values);
    float largest = 0;
    for (float value : values) {
      largest = Math.max(largest, Math.abs(value));
    }
    if (!Float.isFinite(largest)) {
      throw new BackendException(
          "prepare: %s holds an infinite or undefined value in row %d"
              .formatted(source.matrix().name(), source.index()));
    }
    float step = Quantization.weightStep(largest);
    for (int k = 0; k < values.length; k++) {
      quantised[k] = step == 0 ? 0 : (byte) Quantization.round(values[k] / step);
    }
    return step;
  }

  private static void read(PackedRows.Row source, float[] values) {
    HostMatrix matrix = source.matrix();
    long first = (long) source.index() * values.length;
    if (matrix.dtype() == DType.BF16) {
      short[] bits = new short[values.length];
      MemorySegment.copy(
          matrix.data(),
          ValueLayout.JAVA_SHORT_UNALIGNED,
          first * Short.BYTES,
          bits,
          0,
          bits.length);
      for (int k = 0; k < values.length; k++) {
        values[k] = Float.intBitsToFloat(bits[k] << 16);
      }
    } else {
      for (int k = 0; k < values.length; k++) {
        values[k] = matrix.element(first + k);
      }
    }
  }

  @Override
  public int outFeatures() {
    return outFeatures;
  }

  @Override
  public int inFeatures() {
    return inFeatures;
  }

  @Override
  public boolean gated() {
    return gated;
  }

  @Override
  public long bytes() {
    return memory.bytes() + (long) steps.length * (Float.BYTES + Integer.BYTES);
  }

  @Override
  public void close() {
    memory.close();
  }
}
