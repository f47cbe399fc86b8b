package dev.vl4j.engine.model.weights;

import dev.vl4j.engine.ModelException;
import dev.vl4j.kernels.DType;
import dev.vl4j.loader.StoredTensor;
import java.util.Arrays;
import java.util.List;

/** What a stored tensor must be like to be used. */
final class StoredShapes {
  private StoredShapes() {}

  static void require(StoredTensor tensor, long... shape) {
    List<Long> expected = Arrays.stream(shape).boxed().toList();
    if (!tensor.shape().equals(expected)) {
      throw new ModelException(
          "tensor %s in %s: expected shape %s, found %s"
              .formatted(tensor.name(), tensor.file(), expected, tensor.shape()));
    }
  }

  /** The format of a tensor whose elements are values themselves. */
  static DType dtype(StoredTensor tensor) {
    return switch (tensor.type()) {
      case F32 -> DType.F32;
      case F16 -> DType.F16;
      case BF16 -> DType.BF16;
      default ->
          throw new ModelException(
              "tensor %s in %s: expected F32, F16 or BF16, found %s"
                  .formatted(tensor.name(), tensor.file(), tensor.type()));
    };
  }
}
