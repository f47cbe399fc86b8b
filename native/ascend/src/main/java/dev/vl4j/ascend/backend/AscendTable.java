package dev.vl4j.ascend.backend;

import dev.vl4j.ascend.operator.ElementType;
import dev.vl4j.ascend.operator.View;
import dev.vl4j.device.memory.DeviceBlock;
import dev.vl4j.kernels.RowTable;

/** A matrix for row look-ups, in bfloat16 if that is what its file has, else in float32. */
record AscendTable(
    Session session, String name, DeviceBlock block, ElementType type, int rows, int columns)
    implements RowTable, Resident {
  View elements() {
    return View.dense(block.address(), type, rows, columns);
  }

  @Override
  public String describe() {
    return "table " + name;
  }

  @Override
  public long bytes() {
    return block.bytes();
  }

  @Override
  public void close() {
    session.requireOwner();
    block.close();
  }
}
