package dev.vl4j.engine.model.weights;

import dev.vl4j.engine.ModelException;
import dev.vl4j.engine.Precision;
import dev.vl4j.engine.model.config.ModelConfig;
import dev.vl4j.engine.model.config.TensorNames;
import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.RowTable;
import dev.vl4j.loader.Checkpoint;
import dev.vl4j.loader.ModelDirectory;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A checkpoint's weights on a backend: the mapped files, in what precision they are computed with,
 * and what the backend has prepared of them.
 */
public final class Weights implements AutoCloseable {
  private final Checkpoint checkpoint;
  private final ResolvedPrecision precision;
  private final @Nullable PackedWeightFile packed;
  private final WeightStore store;

  private Weights(
      Checkpoint checkpoint,
      ResolvedPrecision precision,
      @Nullable PackedWeightFile packed,
      WeightStore store) {
    this.checkpoint = checkpoint;
    this.precision = precision;
    this.packed = packed;
    this.store = store;
  }

  /**
   * Maps a model's weights; they are prepared when they are asked for.
   *
   * @param packedCache directory of prepared weights from earlier times, or null to have none
   * @param lora directory of an adapter that is merged into them, or null for none
   * @throws ModelException if the checkpoint does not hold what it says
   */
  public static Weights open(
      ModelConfig config,
      ModelDirectory directory,
      Backend backend,
      Precision wanted,
      @Nullable Path packedCache,
      @Nullable Path lora) {
    Checkpoint checkpoint = TensorNames.open(directory);
    PackedWeightFile packed = null;
    LoraAdapter adapter = LoraAdapter.none();
    boolean ready = false;
    try {
      ResolvedPrecision.require(wanted, backend, backend.description());
      ResolvedPrecision precision =
          ResolvedPrecision.of(wanted, checkpoint, config.quantization(), backend);
      if (lora != null) {
        adapter = LoraAdapter.open(lora, checkpoint);
      }
      if (packedCache != null) {
        List<Checkpoint> sources =
            Stream.concat(Stream.of(checkpoint), adapter.files().stream()).toList();
        packed = PackedWeightFile.open(packedCache, sources, backend, precision);
      }
      Equalization equalization =
          precision.ordinary() == OperandFormat.INT8
              ? Equalization.of(config, checkpoint)
              : Equalization.none(checkpoint);
      WeightStore store =
          new WeightStore(
              checkpoint, backend, precision, config.quantization(), adapter, equalization);
      ready = true;
      return new Weights(checkpoint, precision, packed, store);
    } finally {
      if (!ready) {
        if (packed != null) {
          packed.close();
        }
        adapter.close();
        checkpoint.close();
      }
    }
  }

  public WeightStore store() {
    return store;
  }

  public ResolvedPrecision precision() {
    return precision;
  }

  /**
   * The embeddings of tokens, [vocabularySize, hiddenSize]. A tied checkpoint may store the one
   * tensor under the name of either use.
   */
  public RowTable embeddings(ModelConfig config) {
    boolean headAlone =
        config.tied() && !store.contains(config.embeddings()) && store.contains(TensorNames.HEAD);
    return store.table(
        headAlone ? TensorNames.HEAD : config.embeddings(),
        config.text().vocabularySize(),
        config.text().hiddenSize());
  }

  /** Writes what was packed anew, once all weights are prepared. */
  public void savePacked() {
    if (packed != null) {
      packed.save();
    }
  }

  @Override
  public void close() {
    store.close();
    if (packed != null) {
      packed.close();
    }
    checkpoint.close();
  }
}
