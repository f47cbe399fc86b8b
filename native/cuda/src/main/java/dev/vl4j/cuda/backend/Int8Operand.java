package dev.vl4j.cuda.backend;

import dev.vl4j.cuda.kernel.Int8Activation;
import dev.vl4j.cuda.kernel.Int8Kernels;
import dev.vl4j.device.memory.DeviceBlock;

/**
 * What a product of integers reads.
 *
 * @param block of {@link Int8Activation#bytes}
 */
record Int8Operand(Session session, DeviceBlock block, int rows, int columns)
    implements CodedOperand<Int8Activation> {
  @Override
  public Int8Activation activation() {
    return Int8Activation.of(block.address(), rows, columns);
  }

  @Override
  public Int8Kernels kernels() {
    return session.int8();
  }
}
