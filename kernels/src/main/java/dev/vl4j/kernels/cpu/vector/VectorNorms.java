package dev.vl4j.kernels.cpu.vector;

import dev.vl4j.kernels.cpu.family.Norms;
import dev.vl4j.kernels.memory.HostTensor;

/** {@link RowKernels} on each row and span. */
public final class VectorNorms implements Norms {
  @Override
  public void rmsNorm(HostTensor x, HostTensor weight, float epsilon, HostTensor out, int worker) {
    int size = weight.columns();
    for (int row = 0; row < x.rows(); row++) {
      for (int column = 0; column < x.columns(); column += size) {
        RowKernels.rmsNorm(x, row, column, size, weight, epsilon, out);
      }
    }
  }

  @Override
  public void layerNorm(
      HostTensor x, HostTensor weight, HostTensor bias, float epsilon, HostTensor out, int worker) {
    for (int row = 0; row < x.rows(); row++) {
      RowKernels.layerNorm(x, row, weight, bias, epsilon, out);
    }
  }

  @Override
  public void rotate(HostTensor x, HostTensor cosine, HostTensor sine, int worker) {
    int size = 2 * cosine.columns();
    for (int row = 0; row < x.rows(); row++) {
      for (int column = 0; column < x.columns(); column += size) {
        RowKernels.rotate(x, row, column, cosine, sine);
      }
    }
  }
}
