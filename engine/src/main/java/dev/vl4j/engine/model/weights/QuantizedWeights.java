package dev.vl4j.engine.model.weights;

import dev.vl4j.engine.ModelException;
import dev.vl4j.engine.model.config.QuantizationConfig;
import dev.vl4j.kernels.DType;
import dev.vl4j.kernels.HostMatrix;
import dev.vl4j.loader.Checkpoint;
import dev.vl4j.loader.ElementType;
import dev.vl4j.loader.StoredTensor;

/**
 * Linear weights that are stored in int8: for a module {@code X}, integers {@code X.weight} [out,
 * in] and scales {@code X.weight_scale} [out, 1], whose products are the weights.
 */
final class QuantizedWeights {
  private static final String WEIGHT = ".weight";
  private static final String SCALE = ".weight_scale";

  private final Checkpoint checkpoint;
  private final QuantizationConfig config;

  /**
   * @throws ModelException if the checkpoint holds parameters of another kind of quantisation
   */
  QuantizedWeights(Checkpoint checkpoint, QuantizationConfig config) {
    this.checkpoint = checkpoint;
    this.config = config;
    checkpoint.names().forEach(this::refuseOthers);
  }

  /** Zero points, orders of columns, static scales and the like change what the integers mean. */
  private void refuseOthers(String name) {
    int dot = name.lastIndexOf('.');
    String parameter = name.substring(dot + 1);
    if (name.endsWith(SCALE)) {
      String module = name.substring(0, dot);
      if (!config.quantises(module)) {
        throw new ModelException(
            "tensor %s in %s: expected none, for %s lists %s"
                .formatted(name, checkpoint.tensor(name).file(), config.ignoreField(), module));
      }
    } else if (parameter.startsWith("weight_")
        || parameter.endsWith("_scale")
        || parameter.endsWith("_zero_point")) {
      throw new ModelException(
          "tensor %s in %s: expected no parameters of quantisation but weight_scale"
              .formatted(name, checkpoint.tensor(name).file()));
    }
  }

  /**
   * Whether a linear layer's weight is one of these.
   *
   * @param weight name of its tensor
   */
  boolean holds(String weight) {
    return config.quantises(module(weight));
  }

  /**
   * @param weight name of a tensor that {@link #holds}
   */
  HostMatrix matrix(String weight, int rows, int columns) {
    StoredTensor integers = checkpoint.tensor(weight);
    if (integers.type() != ElementType.I8) {
      throw new ModelException(
          "tensor %s in %s: expected I8, found %s, though %s does not list %s"
              .formatted(
                  weight, integers.file(), integers.type(), config.ignoreField(), module(weight)));
    }
    StoredShapes.require(integers, rows, columns);
    StoredTensor scales = checkpoint.tensor(module(weight) + SCALE);
    StoredShapes.require(scales, rows, 1);
    StoredShapes.dtype(scales);
    float[] rowScales = scales.toFloats();
    for (int row = 0; row < rows; row++) {
      if (!(rowScales[row] >= 0 && rowScales[row] <= Float.MAX_VALUE)) {
        throw new ModelException(
            "tensor %s in %s: expected finite scales of 0 or more, found %s in row %d"
                .formatted(scales.name(), scales.file(), rowScales[row], row));
      }
    }
    return new HostMatrix(weight, integers.data(), DType.I8, rows, columns, rowScales);
  }

  private static String module(String weight) {
    return weight.substring(0, weight.length() - WEIGHT.length());
  }
}
