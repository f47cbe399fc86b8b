package dev.vl4j.kernels.cpu.neon;

import static dev.vl4j.kernels.aarch64.NeonCode.ROUNDED_LINE;
import static dev.vl4j.kernels.aarch64.NeonProducts.PANEL;

import dev.vl4j.kernels.Epilogue;
import dev.vl4j.kernels.Formats;
import dev.vl4j.kernels.aarch64.NeonCode;
import dev.vl4j.kernels.cpu.vector.VectorOutput;
import dev.vl4j.kernels.memory.HostTensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** A linear layer of bfloat16 operands. */
final class NeonBf16Product extends NeonProduct {
  private final NeonCode code;
  private final HostTensor x;
  private final VectorOutput output;

  /**
   * @param operands scratch of {@link dev.vl4j.kernels.aarch64.NeonProducts#bytes}
   */
  NeonBf16Product(
      NeonCode code,
      HostTensor x,
      NeonBf16Linear weight,
      Epilogue epilogue,
      HostTensor out,
      MemorySegment operands) {
    super(code.bf16(), weight.memory(), weight.panels(), x.rows(), weight.depthBytes(), operands);
    this.code = code;
    this.x = x;
    output = new VectorOutput(epilogue, weight.gated(), PANEL, out);
  }

  /** Two rows at a time, of which an odd last one is its own neighbour. */
  @Override
  void prepare(int first, int last, Workspace workspace) {
    int lines = x.columns() / ROUNDED_LINE;
    for (int row = first; row < last; row += 2) {
      int second = Math.min(row + 1, last - 1);
      if (lines > 0) {
        code.round(
            x.address(row, 0), x.address(second, 0), operands().address() + at(row, 0), lines);
      }
      if (lines * ROUNDED_LINE < x.columns()) {
        writeRest(row, lines * ROUNDED_LINE);
        writeRest(second, lines * ROUNDED_LINE);
      }
    }
  }

  /** The last elements of a row, which fill no line, and zeros. */
  private void writeRest(int row, int from) {
    long at = at(row, from * Short.BYTES);
    for (int i = 0; i < ROUNDED_LINE; i++) {
      float value = 0;
      if (from + i < x.columns()) {
        value = x.data().get(ValueLayout.JAVA_FLOAT_UNALIGNED, x.at(row, from + i));
      }
      int bits = Float.floatToRawIntBits(Formats.roundToBf16(value));
      operands()
          .set(ValueLayout.JAVA_SHORT, at + (long) i * Short.BYTES, (short) (bits >>> Short.SIZE));
    }
  }

  @Override
  void finish(MemorySegment sums, long at, int row, int panel, Workspace workspace) {
    output.write(sums, at, row, panel);
  }
}
