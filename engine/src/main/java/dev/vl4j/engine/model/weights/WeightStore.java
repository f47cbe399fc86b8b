package dev.vl4j.engine.model.weights;

import dev.vl4j.engine.ModelException;
import dev.vl4j.engine.model.config.QuantizationConfig;
import dev.vl4j.engine.model.config.TensorNames;
import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.DType;
import dev.vl4j.kernels.HostMatrix;
import dev.vl4j.kernels.Linear;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.OwnedTensor;
import dev.vl4j.kernels.RowTable;
import dev.vl4j.kernels.Tensor;
import dev.vl4j.loader.Checkpoint;
import dev.vl4j.loader.StoredTensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Hands a checkpoint's tensors to a backend, each checked against the shape that the configuration
 * asks for. Owns what it prepares.
 */
public final class WeightStore implements AutoCloseable {
  /**
   * Raised when something else is handed to a backend under a tensor's name: files of packed
   * weights are named by it.
   */
  static final int VERSION = 4;

  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final Checkpoint checkpoint;
  private final Backend backend;
  private final ResolvedPrecision precision;
  private final @Nullable QuantizedWeights int8;
  private final LoraAdapter adapter;
  private final Equalization equalization;
  private final List<Linear> linears = new ArrayList<>();
  private final List<OwnedTensor> vectors = new ArrayList<>();
  private final List<RowTable> tables = new ArrayList<>();

  /**
   * @param quantization null if no weight is stored in int8
   * @param adapter what a fine-tuning changed, which is merged into the weights
   * @param equalization what is done to them then, before they are prepared
   * @throws ModelException if the checkpoint does not hold what it says
   */
  WeightStore(
      Checkpoint checkpoint,
      Backend backend,
      ResolvedPrecision precision,
      @Nullable QuantizationConfig quantization,
      LoraAdapter adapter,
      Equalization equalization) {
    this.checkpoint = checkpoint;
    this.backend = backend;
    this.precision = precision;
    this.adapter = adapter;
    this.equalization = equalization;
    int8 = quantization == null ? null : new QuantizedWeights(checkpoint, quantization);
  }

  public boolean contains(String name) {
    return checkpoint.contains(name);
  }

  /** How many rows a matrix has. */
  public int rows(String name) {
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
    OwnedTensor tensor = backend.upload(checked(name, size).toFloats(), 1, size);
    vectors.add(tensor);
    return tensor;
  }

  /** One weight of a stacked linear layer. */
  public record Part(String name, int outFeatures) {}

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

  /**
   * The weight of a convolution whose window is its stride, which makes it a linear layer over
   * whole patches, for still images: all frames of their patches are the same, so that one frame
   * times the sum of the frames' weights gives what all frames would.
   *
   * @param name of a tensor [outFeatures, channels, frames, side, side]
   */
  Linear stillPatchLinear(String name, PatchShape shape) {
    return patchLinear(name, shape, "", 0, shape.frames);
  }

  /**
   * The weights of a convolution over whole patches that read one frame of them.
   *
   * @param name as above
   * @param frame from 0
   */
  Linear framePatchLinear(String name, PatchShape shape, int frame) {
    return patchLinear(name, shape, "[frame %d]".formatted(frame), frame, frame + 1);
  }

  /** The sum of the weights for the frames from {@code from} to before {@code to}. */
  private Linear patchLinear(String name, PatchShape shape, String part, int from, int to) {
    StoredTensor tensor =
        checked(name, shape.outFeatures, shape.channels, shape.frames, shape.side, shape.side);
    List<HostMatrix> whole =
        List.of(
            new HostMatrix(
                name + part,
                sumOfFrames(tensor, shape, from, to),
                DType.F32,
                shape.outFeatures,
                shape.channels * shape.side * shape.side));
    Linear linear = own(backend.prepare(whole, operands(whole)), whole);
    unload(tensor.data());
    return linear;
  }

  /** Of the convolution that embeds patches. */
  public record PatchShape(int outFeatures, int channels, int frames, int side) {}

  /** [outFeatures * channels][frames][pixels] to [outFeatures * channels][pixels] in float32. */
  private static MemorySegment sumOfFrames(
      StoredTensor tensor, PatchShape shape, int from, int to) {
    float[] values = tensor.toFloats();
    int frames = shape.frames;
    int pixels = shape.side * shape.side;
    MemorySegment sums =
        Arena.ofAuto().allocate((long) values.length / frames * Float.BYTES, Float.BYTES);
    for (int i = 0; i < values.length / frames; i++) {
      int first = i / pixels * frames * pixels + i % pixels;
      float sum = values[first + from * pixels];
      for (int frame = from + 1; frame < to; frame++) {
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

  /** A table that may stay in the mapped file. */
  RowTable table(String name, int rows, int columns) {
    RowTable table = backend.table(matrix(name, rows, columns));
    tables.add(table);
    return table;
  }

  /** One row of a linear weight or a table [rows, columns], widened. */
  public float[] row(String name, int rows, int columns, int row) {
    boolean table = TensorNames.isEmbeddings(name);
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
    StoredShapes.require(tensor, shape);
    StoredShapes.dtype(tensor);
    return equalization.apply(adapter.apply(tensor));
  }

  private static HostMatrix host(StoredTensor tensor, int rows, int columns) {
    return new HostMatrix(tensor.name(), tensor.data(), StoredShapes.dtype(tensor), rows, columns);
  }

  @Override
  public void close() {
    adapter.close();
    linears.forEach(Linear::close);
    vectors.forEach(OwnedTensor::close);
    tables.forEach(RowTable::close);
  }
}
