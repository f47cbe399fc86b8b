package dev.vl4j.cuda.backend;

import dev.vl4j.cuda.kernel.Int8Matrix;
import dev.vl4j.cuda.kernel.Matrix;
import dev.vl4j.device.memory.DeviceBlock;

/** What a product of integers reads. */
record Int8Operand(Session session, DeviceBlock block, int rows, int columns)
    implements CodedOperand {
  Int8Matrix matrix() {
    return Int8Matrix.activation(block.address(), rows, columns);
  }

  @Override
  public void quantise(Matrix x) {
    session.int8().quantise(x, matrix());
  }

  @Override
  public void rmsNorm(Matrix x, long weight, float epsilon) {
    session.int8().rmsNorm(x, weight, epsilon, matrix());
  }

  @Override
  public void layerNorm(Matrix x, long weight, long bias, float epsilon) {
    session.int8().layerNorm(x, weight, bias, epsilon, matrix());
  }

  @Override
  public void swiGlu(Matrix gate, Matrix up) {
    session.int8().swiGlu(gate, up, matrix());
  }
}
