package dev.vl4j.ascend.backend;

import dev.vl4j.ascend.operator.ElementType;
import dev.vl4j.ascend.operator.View;
import dev.vl4j.device.memory.DeviceBlock;
import dev.vl4j.kernels.Operand;
import dev.vl4j.kernels.Operands;

/** What a product reads: dense rows of float32 or bfloat16. */
record AscendOperand(Session session, DeviceBlock block, ElementType type, int rows, int columns)
    implements Operand, Resident {
  View elements() {
    return View.dense(block.address(), type, rows, columns);
  }

  @Override
  public String describe() {
    return "operand " + Operands.shape(this);
  }
}
