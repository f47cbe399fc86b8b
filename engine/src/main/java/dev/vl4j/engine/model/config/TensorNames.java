package dev.vl4j.engine.model.config;

import dev.vl4j.loader.Checkpoint;
import dev.vl4j.loader.ModelDirectory;
import java.util.List;

/**
 * What tensors are called. The names are those of {@code Qwen3VLForConditionalGeneration} and of
 * {@code Qwen3ForCausalLM}; a checkpoint of the base model lacks their first step, and one that was
 * saved within another module may have it twice. As in transformers, both open.
 */
public final class TensorNames {
  public static final String HEAD = "lm_head.weight";
  public static final String CLASSIFIER = "score.weight";

  /** What the names of the vision tower begin with. */
  public static final String VISION = "model.visual.";

  private static final String MODEL = "model.";

  /** What {@code Qwen3Model} has in it. */
  private static final List<String> TEXT_MODEL = List.of("layers.", "embed_tokens.", "norm.");

  private TensorNames() {}

  /** Whether a tensor is the table of the vocabulary's embeddings. */
  public static boolean isEmbeddings(String name) {
    return name.endsWith(".embed_tokens.weight");
  }

  /**
   * Maps a model's weights, under the names that are used here.
   *
   * @throws dev.vl4j.loader.LoaderException as {@link Checkpoint#open} does, and if a tensor is
   *     there under two names
   */
  public static Checkpoint open(ModelDirectory directory) {
    Checkpoint stored = directory.openCheckpoint();
    Checkpoint named = null;
    try {
      named = stored.renamed(TensorNames::canonical);
      return named;
    } finally {
      if (named == null) {
        stored.close();
      }
    }
  }

  /** What a tensor or module is called here. */
  public static String canonical(String stored) {
    if (stored.startsWith("language_model.")
        || stored.startsWith("visual.")
        || TEXT_MODEL.stream().anyMatch(stored::startsWith)) {
      return MODEL + stored;
    }
    boolean outer =
        stored.startsWith(MODEL + MODEL)
            || stored.startsWith(MODEL + "lm_head.")
            || stored.startsWith(MODEL + "score.");
    return outer ? stored.substring(MODEL.length()) : stored;
  }
}
