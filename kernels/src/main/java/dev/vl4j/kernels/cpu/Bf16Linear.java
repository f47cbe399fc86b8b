package dev.vl4j.kernels.cpu;

import static dev.vl4j.kernels.x86.MachineCode.DEPTH_STEP;
import static dev.vl4j.kernels.x86.MachineCode.PANEL;

import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.DType;
import dev.vl4j.kernels.Formats;
import dev.vl4j.kernels.HostMatrix;
import dev.vl4j.kernels.Linear;
import dev.vl4j.kernels.Operands;
import dev.vl4j.kernels.memory.SystemMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * A weight for emitted bfloat16 kernels, in panels of 32 output features: {@code [panel][depth /
 * 2][32][2]}, so that one 32-bit lane holds two consecutive input features of one output feature,
 * as {@code vdpbf16ps} wants them. Missing features are zero.
 */
final class Bf16Linear implements Linear {
  /** Pairs of input features transposed together. */
  private static final int BLOCK = 128;

  private final SystemMemory system;
  private final MemorySegment data;
  private final int outFeatures;
  private final int inFeatures;
  private final int depth;
  private boolean closed;

  private Bf16Linear(SystemMemory system, int outFeatures, int inFeatures) {
    this.system = system;
    this.outFeatures = outFeatures;
    this.inFeatures = inFeatures;
    depth = Math.ceilDiv(inFeatures, DEPTH_STEP) * DEPTH_STEP;
    data = system.map(panels() * panelBytes());
    system.adviseHugePages(data);
  }

  static Bf16Linear pack(List<HostMatrix> parts, SystemMemory system, WorkerPool pool) {
    Operands.prepare(parts);
    int outFeatures = parts.stream().mapToInt(HostMatrix::rows).sum();
    Bf16Linear packed = new Bf16Linear(system, outFeatures, parts.getFirst().columns());
    boolean ready = false;
    try {
      pool.run(packed.panels(), (panel, worker) -> packed.packPanel(parts, panel));
      ready = true;
    } finally {
      if (!ready) {
        packed.close();
      }
    }
    return packed;
  }

  int panels() {
    return Math.ceilDiv(outFeatures, PANEL);
  }

  /** Input features, padded to the kernels' step. */
  int depth() {
    return depth;
  }

  private long panelBytes() {
    return (long) depth * PANEL * Short.BYTES;
  }

  /** Address of a panel's weights for input features {@code from} and on; {@code from} is even. */
  long address(int panel, int from) {
    if (closed) {
      throw new BackendException("linear: the weight is closed");
    }
    return data.address() + panel * panelBytes() + (long) from * PANEL * Short.BYTES;
  }

  private void packPanel(List<HostMatrix> parts, int panel) {
    int columns = Math.min(PANEL, outFeatures - panel * PANEL);
    int[] block = new int[BLOCK * PANEL];
    short[] row = new short[2 * BLOCK];
    for (int from = 0; from < depth; from += 2 * BLOCK) {
      int pairs = Math.min(BLOCK, (depth - from) / 2);
      for (int column = 0; column < columns; column++) {
        int feature = panel * PANEL + column;
        int part = 0;
        while (feature >= parts.get(part).rows()) {
          feature -= parts.get(part++).rows();
        }
        readBits(parts.get(part), feature, from, row, Math.min(2 * pairs, inFeatures - from));
        for (int pair = 0; pair < pairs; pair++) {
          block[pair * PANEL + column] = (row[2 * pair] & 0xFFFF) | row[2 * pair + 1] << 16;
        }
      }
      MemorySegment.copy(
          block,
          0,
          data,
          ValueLayout.JAVA_INT,
          panel * panelBytes() + (long) from * PANEL * Short.BYTES,
          pairs * PANEL);
    }
  }

  /** Part of a row as bfloat16, padded with zeros. */
  private void readBits(HostMatrix matrix, int row, int from, short[] bits, int count) {
    long at = (long) row * inFeatures + from;
    if (matrix.dtype() == DType.BF16) {
      MemorySegment.copy(
          matrix.data(), ValueLayout.JAVA_SHORT_UNALIGNED, at * Short.BYTES, bits, 0, count);
    } else {
      for (int k = 0; k < count; k++) {
        float rounded = Formats.roundToBf16(matrix.element(at + k));
        bits[k] = (short) (Float.floatToRawIntBits(rounded) >>> 16);
      }
    }
    for (int k = count; k < bits.length; k++) {
      bits[k] = 0;
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
  public long bytes() {
    return data.byteSize();
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      system.unmap(data);
    }
  }
}
