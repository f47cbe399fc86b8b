package dev.vl4j.cuda.backend;

import dev.vl4j.device.memory.DeviceBlock;
import dev.vl4j.kernels.Indices;

/** Row numbers on the device, int32. */
record CudaIndices(Session session, DeviceBlock block, int count, int largest)
    implements Indices, Resident {
  @Override
  public String describe() {
    return count + " row numbers";
  }
}
