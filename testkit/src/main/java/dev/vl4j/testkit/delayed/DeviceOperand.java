package dev.vl4j.testkit.delayed;

import dev.vl4j.kernels.Operand;

/** A tensor or an operand on the device. */
sealed interface DeviceOperand extends Operand permits DelayedTensor, DelayedOperand {
  /** Whose memory it is in. */
  Handle<?> memory();

  /** The same in the wrapped backend. For the device's thread. */
  Operand innerOperand();

  /** An operation has been enqueued that fills it. */
  void markWritten();
}
