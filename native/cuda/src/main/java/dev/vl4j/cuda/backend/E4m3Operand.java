package dev.vl4j.cuda.backend;

import dev.vl4j.cuda.kernel.E4m3Activation;
import dev.vl4j.cuda.kernel.E4m3Kernels;
import dev.vl4j.device.memory.DeviceBlock;

/**
 * What a product in E4M3 reads.
 *
 * @param block of {@link E4m3Activation#bytes}
 */
record E4m3Operand(Session session, DeviceBlock block, int rows, int columns)
    implements CodedOperand<E4m3Activation> {
  @Override
  public E4m3Activation activation() {
    return E4m3Activation.of(block.address(), rows, columns);
  }

  @Override
  public E4m3Kernels kernels() {
    return session.e4m3();
  }
}
