package dev.vl4j.ascend.backend;

import dev.vl4j.ascend.operator.ElementType;
import dev.vl4j.ascend.operator.View;
import dev.vl4j.device.memory.DeviceBlock;
import dev.vl4j.kernels.Rotary;

/**
 * Cosines of all rows, then sines, on the device: float32 [rows, 2 * pairs] each, where both halves
 * of a row are the same.
 */
record AscendRotary(Session session, DeviceBlock block, int rows, int pairs)
    implements Rotary, Resident {
  private View both() {
    return View.dense(block.address(), ElementType.F32, 2L * rows, 1, 2L * pairs);
  }

  /** [1, rows, 1, 2 * pairs]. */
  View cosines() {
    return both().rows(0, rows).batch();
  }

  /** [1, rows, 1, 2 * pairs]. */
  View sines() {
    return both().rows(rows, 2L * rows).batch();
  }

  @Override
  public String describe() {
    return "rotary of %d rows".formatted(rows);
  }
}
