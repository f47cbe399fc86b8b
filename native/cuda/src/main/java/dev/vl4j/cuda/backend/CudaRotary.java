package dev.vl4j.cuda.backend;

import dev.vl4j.device.memory.DeviceBlock;
import dev.vl4j.kernels.Rotary;

/** Cosines and sines on the device, float32 [rows][2 * pairs]: a row's cosines, then its sines. */
record CudaRotary(Session session, DeviceBlock block, int rows, int pairs)
    implements Rotary, Resident {
  @Override
  public String describe() {
    return "rotary of %d rows".formatted(rows);
  }
}
