package dev.vl4j.kernels.cpu.neon;

import static dev.vl4j.kernels.aarch64.NeonProducts.PANEL;

import dev.vl4j.kernels.Epilogue;
import dev.vl4j.kernels.aarch64.NeonCode;
import dev.vl4j.kernels.cpu.vector.Int8Sums;
import dev.vl4j.kernels.cpu.vector.VectorOutput;
import dev.vl4j.kernels.memory.HostTensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** A linear layer of 8-bit operands. */
final class NeonInt8Product extends NeonProduct {
  private final NeonCode code;
  private final HostTensor x;
  private final NeonInt8Linear weight;
  private final NeonInt8Rows quantised;
  private final VectorOutput output;

  /**
   * @param quantised scratch
   * @param operands scratch of {@link dev.vl4j.kernels.aarch64.NeonProducts#bytes}
   */
  NeonInt8Product(
      NeonCode code,
      HostTensor x,
      NeonInt8Linear weight,
      Epilogue epilogue,
      HostTensor out,
      NeonInt8Rows quantised,
      MemorySegment operands) {
    super(code.int8(), weight.memory(), weight.panels(), x.rows(), weight.depth(), operands);
    this.code = code;
    this.x = x;
    this.weight = weight;
    this.quantised = quantised;
    quantised.reset(x.rows());
    output = new VectorOutput(epilogue, weight.gated(), PANEL, out);
  }

  /** Digits go to a row without gaps first, and from there to their lines. */
  @Override
  void prepare(int first, int last, Workspace workspace) {
    int depth = weight.depth();
    int line = code.int8().lineBytes();
    MemorySegment digits = workspace.row(depth);
    for (int row = first; row < last; row++) {
      quantised.quantise(x, row, 0, digits, 0, depth);
      quantised.list(row, code.int8().groupBytes());
      for (int from = 0; from < depth; from += Long.BYTES) {
        long eight = digits.get(ValueLayout.JAVA_LONG, from);
        operands().set(ValueLayout.JAVA_LONG, at(row, from - from % line) + from % line, eight);
      }
    }
  }

  @Override
  void finish(MemorySegment sums, long at, int row, int panel, Workspace workspace) {
    float scale = quantised.scale(row);
    Int8Sums.scale(sums, at, weight, panel, scale);
    int outliers = quantised.outliers(row);
    if (outliers > 0) {
      MemorySegment high = workspace.high();
      long weights = weight.memory().address(panel, 0);
      code.highSums(quantised.entries(row), outliers, weights, high.address());
      Int8Sums.addHigh(high, sums, at, weight, panel, scale);
    }
    output.write(sums, at, row, panel);
  }
}
