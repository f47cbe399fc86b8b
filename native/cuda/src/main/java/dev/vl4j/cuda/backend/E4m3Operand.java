package dev.vl4j.cuda.backend;

import dev.vl4j.cuda.kernel.E4m3Matrix;
import dev.vl4j.cuda.kernel.Matrix;
import dev.vl4j.device.memory.DeviceBlock;

/** What a product in E4M3 reads. */
record E4m3Operand(Session session, DeviceBlock block, int rows, int columns)
    implements CodedOperand {
  E4m3Matrix matrix() {
    return E4m3Matrix.activation(block.address(), rows, columns);
  }

  @Override
  public void quantise(Matrix x) {
    session.e4m3().quantise(x, 0, matrix());
  }

  @Override
  public void rmsNorm(Matrix x, long weight, float epsilon) {
    session.e4m3().rmsNorm(x, weight, epsilon, matrix());
  }

  @Override
  public void layerNorm(Matrix x, long weight, long bias, float epsilon) {
    session.e4m3().layerNorm(x, weight, bias, epsilon, matrix());
  }

  @Override
  public void swiGlu(Matrix gate, Matrix up) {
    session.e4m3().swiGlu(gate, up, matrix());
  }
}
