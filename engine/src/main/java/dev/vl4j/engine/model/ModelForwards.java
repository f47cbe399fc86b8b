package dev.vl4j.engine.model;

import dev.vl4j.engine.CachingOptions;
import dev.vl4j.engine.ModelException;
import dev.vl4j.engine.Precision;
import dev.vl4j.engine.batch.Branches.Branch;
import dev.vl4j.engine.batch.Forwards;
import dev.vl4j.engine.batch.PrefixTree;
import dev.vl4j.engine.batch.PreparedPrompt;
import dev.vl4j.engine.model.config.ModelConfig;
import dev.vl4j.engine.model.head.Head;
import dev.vl4j.engine.model.weights.WeightStore;
import dev.vl4j.engine.model.weights.Weights;
import dev.vl4j.engine.vision.PromptImage;
import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.Support;
import dev.vl4j.loader.ModelDirectory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A model with a head: from prompts to results. For one thread. Owns the model, but not the backend
 * that it is on.
 *
 * @param <R> the result of one prompt
 */
public final class ModelForwards<R> implements Forwards<Branch<CachedRun>, R>, AutoCloseable {
  private final Model model;
  private final Head<R> head;
  private int budget;

  private ModelForwards(Model model, Head<R> head) {
    this.model = model;
    this.head = head;
    budget = model.backend().preferredRows();
  }

  /**
   * Prepares all weights.
   *
   * @param head takes its weights from the checkpoint
   * @param packedCache directory of prepared weights from earlier times, or null to have none
   * @param lora directory of an adapter that is merged into the weights, or null for none
   * @param caching what is computed once and reused
   * @throws ModelException if the checkpoint does not fit the configuration
   */
  public static <R> ModelForwards<R> open(
      ModelConfig config,
      ModelDirectory directory,
      Backend backend,
      Precision wanted,
      Function<WeightStore, Head<R>> head,
      @Nullable Path packedCache,
      @Nullable Path lora,
      CachingOptions caching) {
    Weights weights = Weights.open(config, directory, backend, wanted, packedCache, lora);
    Head<R> made = null;
    try {
      OperandFormat attention = weights.precision().attention();
      requireAttention(backend, attention, "text", config.text().headSize());
      config
          .vision()
          .ifPresent(vision -> requireAttention(backend, attention, "vision", vision.headSize()));
      // The head first: what is wrong with it shows before all other weights are prepared.
      made = head.apply(weights.store());
    } finally {
      if (made == null) {
        weights.close();
      }
    }
    return new ModelForwards<>(new Model(config, weights, backend, caching), made);
  }

  private static void requireAttention(
      Backend backend, OperandFormat operands, String tower, int headSize) {
    if (backend.supports(operands, headSize) == Support.NONE) {
      throw new ModelException(
          "%s tower: attention with heads of size %d in %s cannot be computed by the backend %s"
              .formatted(tower, headSize, operands, backend.description()));
    }
  }

  /** What the head is on. */
  public Model model() {
    return model;
  }

  /** How many tokens prompts may have together to share a forward; 0 for what suits the device. */
  public void setBudget(int tokens) {
    budget = tokens == 0 ? model.backend().preferredRows() : tokens;
  }

  @Override
  public List<Branch<CachedRun>> admit(List<PreparedPrompt> prompts, PreparedPrompt outline) {
    return model.admit(prompts, outline);
  }

  @Override
  public long cost(List<Branch<CachedRun>> admitted) {
    ForwardPlan<R> plan = new ForwardPlan<>(model, head, Long.MAX_VALUE);
    admitted.forEach(plan::add);
    return plan.cost();
  }

  @Override
  public boolean isReady(Branch<CachedRun> branch) {
    return needed(branch).stream().allMatch(PromptImage::isReady);
  }

  @Override
  public void fetch(Branch<CachedRun> branch, Runnable fetched) {
    needed(branch).forEach(image -> image.fetch(fetched));
  }

  /** The images that a forward has to encode for this branch. */
  private List<PromptImage> needed(Branch<CachedRun> branch) {
    int from = branch.node().to();
    for (PrefixTree<CachedRun>.Node node = branch.node(); node != null; node = node.parent()) {
      if (node.value() == null) {
        from = node.from();
      }
    }
    PreparedPrompt prompt = branch.prompt();
    List<PromptImage> images = prompt.images();
    return images.subList(prompt.firstImage(from), images.size()).stream()
        .filter(image -> !model.holds(image))
        .toList();
  }

  @Override
  public ForwardPlan<R> plan() {
    return new ForwardPlan<>(model, head, budget);
  }

  @Override
  public void release(Branch<CachedRun> branch) {
    model.release(branch);
  }

  @Override
  public boolean evict() {
    return model.evict();
  }

  /** One result for each prompt, the same whatever else is asked with it. */
  public List<R> results(List<PreparedPrompt> prompts) {
    List<Branch<CachedRun>> admitted = admit(prompts, prompts.getFirst());
    List<R> results = new ArrayList<>();
    while (results.size() < admitted.size()) {
      ForwardPlan<R> plan = plan();
      int from = results.size();
      int to = from;
      while (to < admitted.size() && plan.add(admitted.get(to))) {
        to++;
      }
      results.addAll(plan.start(() -> {}).finish());
      admitted.subList(from, to).forEach(this::release);
    }
    return results;
  }

  @Override
  public void close() {
    model.close();
  }
}
