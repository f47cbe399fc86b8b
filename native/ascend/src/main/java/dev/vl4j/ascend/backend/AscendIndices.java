package dev.vl4j.ascend.backend;

import dev.vl4j.ascend.operator.ElementType;
import dev.vl4j.ascend.operator.View;
import dev.vl4j.device.memory.DeviceBlock;
import dev.vl4j.kernels.Indices;

/** Row numbers on the device, int32. */
record AscendIndices(Session session, DeviceBlock block, int count, int largest)
    implements Indices, Resident {
  View elements() {
    return View.dense(block.address(), ElementType.I32, count);
  }

  @Override
  public String describe() {
    return count + " row numbers";
  }
}
