package dev.vl4j.ascend.backend;

import dev.vl4j.ascend.operator.View;
import dev.vl4j.device.memory.DeviceBlock;
import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.Operand;
import dev.vl4j.kernels.Operands;

/** Queries as attention reads them. */
record AscendQueries(Session session, DeviceBlock block, AttentionShape shape, int rows)
    implements Operand, Resident {
  private HeadPadding padding() {
    return HeadPadding.of(shape);
  }

  /** With the zeros behind each head: [rows, heads, stride]. */
  View padded() {
    HeadPadding padding = padding();
    return View.dense(
        block.address(), AttentionMemory.type(shape), rows, shape.heads(), padding.stride());
  }

  /** [rows, heads, size]. */
  View heads() {
    return padded().columns(0, shape.headSize());
  }

  @Override
  public int columns() {
    return shape.heads() * shape.headSize();
  }

  @Override
  public String describe() {
    return "queries " + Operands.shape(this);
  }
}
