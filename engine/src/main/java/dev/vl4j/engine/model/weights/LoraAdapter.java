package dev.vl4j.engine.model.weights;

import dev.vl4j.engine.ModelException;
import dev.vl4j.engine.model.config.LoraConfig;
import dev.vl4j.engine.model.config.TensorNames;
import dev.vl4j.loader.Checkpoint;
import dev.vl4j.loader.ElementType;
import dev.vl4j.loader.StoredTensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What a fine-tuning changed, as a product of two narrow matrices for each weight: {@code W + s B
 * A} with {@code A [rank, in]} and {@code B [out, rank]}. It is merged into the weights while they
 * are prepared, in float32, so that a weight is rounded once.
 *
 * <p>After Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models", 2021, in the files that
 * PEFT writes: {@code adapter_config.json} and {@code adapter_model.safetensors}.
 */
final class LoraAdapter implements AutoCloseable {
  private static final String TENSORS = "adapter_model.safetensors";
  private static final String WRAPPER = "base_model.model.";
  private static final String LEFT = ".lora_A.weight";
  private static final String RIGHT = ".lora_B.weight";

  private static final Set<ElementType> FLOATS =
      Set.of(ElementType.F32, ElementType.F16, ElementType.BF16);

  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /**
   * The change of one weight.
   *
   * @param left [rank, in]
   * @param right [out, rank]
   */
  private record Change(StoredTensor left, StoredTensor right, double scale) {}

  private final @Nullable Checkpoint files;
  private final Map<String, Change> changes;

  private LoraAdapter(@Nullable Checkpoint files, Map<String, Change> changes) {
    this.files = files;
    this.changes = changes;
  }

  /** Changes nothing. */
  static LoraAdapter none() {
    return new LoraAdapter(null, Map.of());
  }

  /**
   * Maps an adapter.
   *
   * @param directory that PEFT has saved
   * @param base what it was trained on
   * @throws ModelException if it is of another kind, or does not fit the base
   */
  static LoraAdapter open(Path directory, Checkpoint base) {
    LoraConfig config = LoraConfig.read(directory);
    Checkpoint files = Checkpoint.open(directory, TENSORS, LoraConfig.FILE);
    boolean ready = false;
    try {
      Path file = directory.resolve(TENSORS);
      LoraAdapter adapter = new LoraAdapter(files, changes(config, files, file, base));
      ready = true;
      return adapter;
    } finally {
      if (!ready) {
        files.close();
      }
    }
  }

  private static Map<String, Change> changes(
      LoraConfig config, Checkpoint files, Path file, Checkpoint base) {
    Map<String, StoredTensor> lefts = new TreeMap<>();
    Map<String, StoredTensor> rights = new TreeMap<>();
    for (String name : files.names()) {
      StoredTensor tensor = files.tensor(name);
      boolean left = name.endsWith(LEFT);
      if (!left && !name.endsWith(RIGHT)) {
        throw new ModelException(
            "tensor %s in %s: expected names that end in %s or %s"
                .formatted(name, file, LEFT, RIGHT));
      }
      String module = name.substring(0, name.length() - LEFT.length());
      (left ? lefts : rights).put(module, tensor);
    }
    if (lefts.isEmpty() || !lefts.keySet().equals(rights.keySet())) {
      throw new ModelException(
          "%s: expected pairs of %s and %s, found %d and %d"
              .formatted(file, LEFT, RIGHT, lefts.size(), rights.size()));
    }
    Map<String, Change> changes = new LinkedHashMap<>();
    lefts.forEach((module, left) -> {
      String inner = module.startsWith(WRAPPER) ? module.substring(WRAPPER.length()) : module;
      String weight = TensorNames.canonical(inner) + ".weight";
      Change change = change(weight, left, rights.get(module), base, config, inner);
      Change other = changes.put(weight, change);
      if (other != null) {
        throw new ModelException(
            "tensors %s and %s in %s change the same weight %s"
                .formatted(other.left.name(), left.name(), left.file(), weight));
      }
    });
    return changes;
  }

  private static Change change(
      String weight,
      StoredTensor left,
      @Nullable StoredTensor right,
      Checkpoint base,
      LoraConfig config,
      String module) {
    if (right == null || !base.contains(weight)) {
      throw new ModelException(
          "tensor %s in %s: the model has no weight %s to change"
              .formatted(left.name(), left.file(), weight));
    }
    StoredTensor changed = base.tensor(weight);
    if (changed.shape().size() != 2 || !FLOATS.contains(changed.type())) {
      throw new ModelException(
          "tensor %s in %s: expected to change a matrix of F32, F16 or BF16, found %s %s"
              .formatted(left.name(), left.file(), changed.type(), changed.shape()));
    }
    long rank = left.shape().isEmpty() ? 0 : left.shape().getFirst();
    if (rank == 0) {
      throw new ModelException(
          "tensor %s in %s: expected a rank of 1 or more, found shape %s"
              .formatted(left.name(), left.file(), left.shape()));
    }
    StoredShapes.require(left, rank, changed.shape().getLast());
    StoredShapes.require(right, changed.shape().getFirst(), rank);
    StoredShapes.dtype(left);
    StoredShapes.dtype(right);
    return new Change(left, right, config.scale(module, rank));
  }

  /** The tensor itself, or a copy in float32 with the change. */
  StoredTensor apply(StoredTensor tensor) {
    Change change = changes.get(tensor.name());
    if (change == null) {
      return tensor;
    }
    int rows = Math.toIntExact(tensor.shape().getFirst());
    int columns = Math.toIntExact(tensor.shape().getLast());
    float[] left = change.left.toFloats();
    float[] right = change.right.toFloats();
    int rank = left.length / columns;
    MemorySegment merged =
        Arena.ofAuto().allocate((long) rows * columns * Float.BYTES, Float.BYTES);
    long rowBytes = (long) columns * tensor.type().bytes();
    IntStream.range(0, rows)
        .parallel()
        .forEach(row -> {
          MemorySegment stored = tensor.data().asSlice(row * rowBytes, rowBytes);
          float[] sums =
              new StoredTensor(
                      tensor.name(), tensor.type(), List.of((long) columns), stored, tensor.file())
                  .toFloats();
          float[] delta = new float[columns];
          for (int k = 0; k < rank; k++) {
            float factor = right[row * rank + k];
            for (int i = 0; i < columns; i++) {
              delta[i] += factor * left[k * columns + i];
            }
          }
          for (int i = 0; i < columns; i++) {
            sums[i] += (float) (delta[i] * change.scale);
          }
          MemorySegment.copy(sums, 0, merged, FLOAT, (long) row * columns * Float.BYTES, columns);
        });
    if (tensor.data().isMapped()) {
      tensor.data().unload(); // The file's pages would stay resident beside the copy.
    }
    return new StoredTensor(tensor.name(), ElementType.F32, tensor.shape(), merged, tensor.file());
  }

  /** What it is read from; empty if it changes nothing. */
  Optional<Checkpoint> files() {
    return Optional.ofNullable(files);
  }

  @Override
  public void close() {
    if (files != null) {
      files.close();
    }
  }
}
