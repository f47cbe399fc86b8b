package dev.vl4j.engine.model;

import dev.vl4j.engine.ModelException;
import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.DType;
import dev.vl4j.kernels.HostMatrix;
import dev.vl4j.kernels.Linear;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.RowTable;
import dev.vl4j.kernels.Tensor;
import dev.vl4j.loader.Checkpoint;
import dev.vl4j.loader.StoredTensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Hands a checkpoint's tensors to a backend, each checked against the shape that the configuration
 * asks for. Owns what it prepares.
 */
final class WeightStore implements AutoCloseable {
  /**
   * Raised when something else is handed to a backend under a tensor's name: files of packed
   * weights are named by it.
   */
  static final int VERSION = 1;

  private final Checkpoint checkpoint;
  private final Backend backend;
  private final OperandFormat operands;
  private final List<Linear> linears = new ArrayList<>();
  private final List<Tensor> vectors = new ArrayList<>();

  WeightStore(Checkpoint checkpoint, Backend backend, OperandFormat operands) {
    this.checkpoint = checkpoint;
    this.backend = backend;
    this.operands = operands;
  }

  boolean contains(String name) {
    return checkpoint.contains(name);
  }

  /** A vector [1, size], such as a bias or a norm's weight. */
  Tensor vector(String name, int size) {
    Tensor tensor = backend.upload(checked(name, size).toFloats(), 1, size);
    vectors.add(tensor);
    return tensor;
  }

  /** Weights [outFeatures, inFeatures] that stand side by side in one linear layer. */
  Linear linear(int inFeatures, Part... parts) {
    List<HostMatrix> matrices = new ArrayList<>();
    for (Part part : parts) {
      matrices.add(matrix(part.name, part.outFeatures, inFeatures));
    }
    return own(backend.prepare(matrices, operands), matrices);
  }

  /** The two weights [outFeatures, inFeatures] of a gated linear layer. */
  Linear gatedLinear(int inFeatures, int outFeatures, String gateName, String upName) {
    HostMatrix gate = matrix(gateName, outFeatures, inFeatures);
    HostMatrix up = matrix(upName, outFeatures, inFeatures);
    return own(backend.prepareGated(gate, up, operands), List.of(gate, up));
  }

  /** One weight of a stacked linear layer. */
  record Part(String name, int outFeatures) {}

  /** The weight of a convolution whose window is its stride: a linear layer over whole patches. */
  Linear patchLinear(String name, Qwen3VlConfig.Vision config) {
    StoredTensor tensor =
        checked(
            name,
            config.hiddenSize(),
            config.channels(),
            config.temporalPatchSize(),
            config.patchSize(),
            config.patchSize());
    List<HostMatrix> whole = List.of(host(tensor, config.hiddenSize(), config.patchValues()));
    return own(backend.prepare(whole, operands), whole);
  }

  /** To what attention rounds its operands: to bfloat16 unless the products are float32. */
  OperandFormat attentionOperands() {
    return operands == OperandFormat.F32 ? OperandFormat.F32 : OperandFormat.BF16;
  }

  /** A table that stays in the mapped file. */
  RowTable table(String name, int rows, int columns) {
    return backend.table(matrix(name, rows, columns));
  }

  /** One row of a matrix [rows, columns], widened. */
  float[] row(String name, int rows, int columns, int row) {
    StoredTensor whole = checked(name, rows, columns);
    long bytes = (long) columns * whole.type().bytes();
    return new StoredTensor(
            name,
            whole.type(),
            List.of((long) columns),
            whole.data().asSlice(row * bytes, bytes),
            whole.file())
        .toFloats();
  }

  private HostMatrix matrix(String name, int rows, int columns) {
    return host(checked(name, rows, columns), rows, columns);
  }

  private Linear own(Linear linear, List<HostMatrix> parts) {
    linears.add(linear);
    for (HostMatrix part : parts) {
      if (part.data().isMapped()) {
        part.data().unload(); // or the file's pages would stay resident beside the packed copy
      }
    }
    return linear;
  }

  private StoredTensor checked(String name, long... shape) {
    StoredTensor tensor = checkpoint.tensor(name);
    List<Long> expected = Arrays.stream(shape).boxed().toList();
    if (!tensor.shape().equals(expected)) {
      throw new ModelException(
          "tensor %s in %s: expected shape %s, found %s"
              .formatted(name, tensor.file(), expected, tensor.shape()));
    }
    dtype(tensor);
    return tensor;
  }

  private static HostMatrix host(StoredTensor tensor, int rows, int columns) {
    return new HostMatrix(tensor.name(), tensor.data(), dtype(tensor), rows, columns);
  }

  private static DType dtype(StoredTensor tensor) {
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

  @Override
  public void close() {
    linears.forEach(Linear::close);
    vectors.forEach(Tensor::close);
  }
}
