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
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Hands a checkpoint's tensors to a backend, each checked against the shape that the configuration
 * asks for. Owns what it prepares.
 */
final class WeightStore implements AutoCloseable {
  /**
   * Raised when something else is handed to a backend under a tensor's name: files of packed
   * weights are named by it.
   */
  static final int VERSION = 3;

  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final Checkpoint checkpoint;
  private final Backend backend;
  private final ResolvedPrecision precision;
  private final @Nullable Int8Weights int8;
  private final Equalisation equalisation;
  private final List<Linear> linears = new ArrayList<>();
  private final List<Tensor> vectors = new ArrayList<>();

  /**
   * @param quantization null if no weight is stored in int8
   * @param equalisation what is done to weights before they are prepared
   * @throws ModelException if the checkpoint does not hold what it says
   */
  WeightStore(
      Checkpoint checkpoint,
      Backend backend,
      ResolvedPrecision precision,
      @Nullable QuantizationConfig quantization,
      Equalisation equalisation) {
    this.checkpoint = checkpoint;
    this.backend = backend;
    this.precision = precision;
    this.equalisation = equalisation;
    int8 = quantization == null ? null : new Int8Weights(checkpoint, quantization);
  }

  boolean contains(String name) {
    return checkpoint.contains(name);
  }

  /** How many rows a matrix has. */
  int rows(String name) {
    StoredTensor tensor = checkpoint.tensor(name);
    if (tensor.shape().size() != 2) {
      throw new ModelException(
          "tensor %s in %s: expected two dimensions, found shape %s"
              .formatted(name, tensor.file(), tensor.shape()));
    }
    return Math.toIntExact(tensor.shape().getFirst());
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
      matrices.add(linearMatrix(part.name, part.outFeatures, inFeatures));
    }
    return own(backend.prepare(matrices, operands(matrices)), matrices);
  }

  /** The two weights [outFeatures, inFeatures] of a gated linear layer. */
  Linear gatedLinear(int inFeatures, int outFeatures, String gateName, String upName) {
    HostMatrix gate = linearMatrix(gateName, outFeatures, inFeatures);
    HostMatrix up = linearMatrix(upName, outFeatures, inFeatures);
    List<HostMatrix> both = List.of(gate, up);
    return own(backend.prepareGated(gate, up, operands(both)), both);
  }

  /** One weight of a stacked linear layer. */
  record Part(String name, int outFeatures) {}

  /**
   * The weight of a convolution whose window is its stride, which makes it a linear layer over
   * whole patches, for still images: all frames of their patches are the same, so that one frame
   * times the sum of the frames' weights gives what all frames would.
   *
   * @param name of a tensor [hiddenSize, channels, temporalPatchSize, patchSize, patchSize]
   */
  Linear stillPatchLinear(String name, Qwen3VlConfig.Vision config) {
    StoredTensor tensor =
        checked(
            name,
            config.hiddenSize(),
            config.channels(),
            config.temporalPatchSize(),
            config.patchSize(),
            config.patchSize());
    List<HostMatrix> whole =
        List.of(
            new HostMatrix(
                name,
                sumOfFrames(tensor, config),
                DType.F32,
                config.hiddenSize(),
                config.framePatchValues()));
    Linear linear = own(backend.prepare(whole, operands(whole)), whole);
    unload(tensor.data());
    return linear;
  }

  /** [hiddenSize * channels][frames][pixels] to [hiddenSize * channels][pixels] in float32. */
  private static MemorySegment sumOfFrames(StoredTensor tensor, Qwen3VlConfig.Vision config) {
    float[] values = tensor.toFloats();
    int frames = config.temporalPatchSize();
    int pixels = config.patchSize() * config.patchSize();
    MemorySegment sums =
        Arena.ofAuto().allocate((long) values.length / frames * Float.BYTES, Float.BYTES);
    for (int i = 0; i < values.length / frames; i++) {
      int first = i / pixels * frames * pixels + i % pixels;
      float sum = values[first];
      for (int frame = 1; frame < frames; frame++) {
        sum += values[first + frame * pixels];
      }
      sums.set(FLOAT, (long) i * Float.BYTES, sum);
    }
    return sums;
  }

  /** A layer with a part in int8 is computed in one piece, as that part is. */
  private OperandFormat operands(List<HostMatrix> parts) {
    return parts.stream().anyMatch(part -> part.dtype() == DType.I8)
        ? precision.quantised()
        : precision.ordinary();
  }

  /** To what attention rounds its operands. */
  OperandFormat attentionOperands() {
    return precision.attention();
  }

  /** A table that stays in the mapped file. */
  RowTable table(String name, int rows, int columns) {
    return backend.table(matrix(name, rows, columns));
  }

  /** One row of a linear weight or a table [rows, columns], widened. */
  float[] row(String name, int rows, int columns, int row) {
    boolean table = name.equals(TensorNames.EMBEDDINGS);
    HostMatrix whole = table ? matrix(name, rows, columns) : linearMatrix(name, rows, columns);
    float[] values = new float[columns];
    for (int i = 0; i < columns; i++) {
      values[i] = whole.element((long) row * columns + i);
    }
    return values;
  }

  private HostMatrix linearMatrix(String name, int rows, int columns) {
    return int8 != null && int8.holds(name)
        ? int8.matrix(name, rows, columns)
        : matrix(name, rows, columns);
  }

  private HostMatrix matrix(String name, int rows, int columns) {
    return host(checked(name, rows, columns), rows, columns);
  }

  private Linear own(Linear linear, List<HostMatrix> parts) {
    linears.add(linear);
    for (HostMatrix part : parts) {
      unload(part.data());
    }
    return linear;
  }

  /** The file's pages would stay resident beside the packed copy. */
  private static void unload(MemorySegment data) {
    if (data.isMapped()) {
      data.unload();
    }
  }

  private StoredTensor checked(String name, long... shape) {
    StoredTensor tensor = checkpoint.tensor(name);
    requireShape(tensor, shape);
    dtype(tensor);
    return equalisation.apply(tensor);
  }

  static void requireShape(StoredTensor tensor, long... shape) {
    List<Long> expected = Arrays.stream(shape).boxed().toList();
    if (!tensor.shape().equals(expected)) {
      throw new ModelException(
          "tensor %s in %s: expected shape %s, found %s"
              .formatted(tensor.name(), tensor.file(), expected, tensor.shape()));
    }
  }

  private static HostMatrix host(StoredTensor tensor, int rows, int columns) {
    return new HostMatrix(tensor.name(), tensor.data(), dtype(tensor), rows, columns);
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

  @Override
  public void close() {
    linears.forEach(Linear::close);
    vectors.forEach(Tensor::close);
  }
}
