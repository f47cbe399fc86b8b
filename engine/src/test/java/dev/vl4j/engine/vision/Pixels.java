package dev.vl4j.engine.vision;

import dev.vl4j.loader.StoredTensor;
import java.lang.foreign.ValueLayout;

/** Pictures that fixtures store as tensors. */
final class Pixels {
  private Pixels() {}

  /** An image from a U8 tensor of shape {@code [height][width][3]}. */
  static RgbImage of(StoredTensor tensor) {
    return new RgbImage(
        Math.toIntExact(tensor.shape().get(1)),
        Math.toIntExact(tensor.shape().get(0)),
        tensor.data().toArray(ValueLayout.JAVA_BYTE));
  }
}
