package dev.vl4j.engine.model;

import dev.vl4j.engine.CachingOptions;
import dev.vl4j.engine.ImageRules;
import dev.vl4j.engine.ModelException;
import dev.vl4j.engine.NonFiniteScoreException;
import dev.vl4j.engine.PixelBudget;
import dev.vl4j.engine.Precision;
import dev.vl4j.engine.batch.Branches;
import dev.vl4j.engine.batch.Branches.Branch;
import dev.vl4j.engine.batch.Forwards;
import dev.vl4j.engine.batch.PrefixTree;
import dev.vl4j.engine.batch.PreparedPrompt;
import dev.vl4j.engine.vision.EncodedImages;
import dev.vl4j.engine.vision.ImagePreprocessor;
import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.Tensor;
import dev.vl4j.loader.Checkpoint;
import dev.vl4j.loader.JsonFile;
import dev.vl4j.loader.ModelDirectory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The two towers and the head: from prompts to logits. For one thread at a time. Owns its backend
 * and the mapped checkpoint.
 */
public final class RerankModel implements Forwards<Branch<KeyValues>>, AutoCloseable {
  /** Tokens of a forward: beyond some hundred, more of them make no product faster. */
  private static final int TOKENS = 512;

  /**
   * Tokens below which a shared run is computed for each prompt: cutting a prompt has its own cost.
   */
  private static final int LEAST_SHARED = 16;

  /** In the place of a token id: there is no such token. */
  public static final int NO_TOKEN = -1;

  private final Backend backend;
  private final Checkpoint checkpoint;
  private final ResolvedPrecision precision;
  private final @Nullable PackedWeights packed;
  private final WeightStore weights;
  private final VisionTower vision;
  private final TextTower text;
  private final ScoreHead head;
  private final HeadConfig headConfig;
  private final CachingOptions savings;
  private final VisionCache images;
  private final PrefixTree<KeyValues> prefixes;
  private final Branches<KeyValues> branches;
  private int budget = TOKENS;

  /** Prepares all weights, from the checkpoint alone. */
  public RerankModel(
      Qwen3VlConfig config,
      ModelDirectory directory,
      Backend backend,
      Precision wanted,
      int yes,
      int no) {
    this(config, directory, backend, wanted, yes, no, null, CachingOptions.DEFAULT);
  }

  /**
   * Prepares all weights.
   *
   * @param backend closed with the model, or if this fails
   * @param yes token id that speaks for relevance; not used by a classifier
   * @param no token id that speaks against it, or {@link #NO_TOKEN} if none does
   * @param packedCache directory of prepared weights from earlier times, or null to have none
   * @param savings what is not computed twice
   * @throws ModelException if the checkpoint does not fit the configuration
   */
  public RerankModel(
      Qwen3VlConfig config,
      ModelDirectory directory,
      Backend backend,
      Precision wanted,
      int yes,
      int no,
      @Nullable Path packedCache,
      CachingOptions savings) {
    this.backend = backend;
    this.savings = savings;
    Checkpoint opened = null;
    PackedWeights found = null;
    boolean ready = false;
    try {
      opened = TensorNames.open(directory);
      checkpoint = opened;
      precision = ResolvedPrecision.of(wanted, checkpoint, config.quantization(), backend);
      if (packedCache != null) {
        found = PackedWeights.open(packedCache, checkpoint, backend, precision);
      }
      packed = found;
      Equalisation equalisation =
          precision.ordinary() == OperandFormat.INT8
              ? Equalisation.of(config, checkpoint)
              : Equalisation.none(checkpoint);
      weights =
          new WeightStore(checkpoint, backend, precision, config.quantization(), equalisation);
      headConfig = config.head();
      head = ScoreHead.of(config, weights, yes, no);
      vision = new VisionTower(config.vision(), weights, backend);
      text =
          new TextTower(
              config.text(), weights, embeddings(config), backend, savings.trimmedLastLayer());
      images = new VisionCache(vision, savings.imageCacheBytes());
      prefixes = new PrefixTree<>(savings.prefixCacheBytes(), LEAST_SHARED);
      branches = new Branches<>(prefixes, LEAST_SHARED);
      if (packed != null) {
        packed.save();
      }
      ready = true;
    } finally {
      if (!ready) {
        backend.close();
        if (found != null) {
          found.close();
        }
        if (opened != null) {
          opened.close();
        }
      }
    }
  }

  /** A tied checkpoint may store the one tensor under the name of either use. */
  private String embeddings(Qwen3VlConfig config) {
    boolean headAlone =
        config.tied()
            && !weights.contains(TensorNames.EMBEDDINGS)
            && weights.contains(TensorNames.HEAD);
    return headAlone ? TensorNames.HEAD : TensorNames.EMBEDDINGS;
  }

  /**
   * The preprocessor for this model's images.
   *
   * @param settings of the model's image processor, if there are any
   * @throws ModelException if they ask for something else than the vision tower was made for
   */
  public static ImagePreprocessor preprocessor(
      Optional<JsonFile> settings, Qwen3VlConfig config, PixelBudget budget, ImageRules rules) {
    return settings.isPresent()
        ? ImageSettings.preprocessor(settings.get(), config.vision(), budget, rules)
        : ImageSettings.published(config.vision(), budget, rules);
  }

  /** What a logit comes to as a score. */
  public double score(double logit) {
    return headConfig.score(logit);
  }

  /** In what precision its matrix products are computed. */
  public ResolvedPrecision precision() {
    return precision;
  }

  @Override
  public List<Branch<KeyValues>> admit(List<PreparedPrompt> prompts, PreparedPrompt outline) {
    List<Branch<KeyValues>> admitted =
        savings.sharedPrefixes()
            ? branches.grow(prompts, outline)
            : prompts.stream().map(this::alone).toList();
    admitted.forEach(branch -> images.pin(branch.prompt().pictures()));
    return admitted;
  }

  private Branch<KeyValues> alone(PreparedPrompt prompt) {
    prefixes.pin(prefixes.root());
    return new Branch<>(prompt, prefixes.root());
  }

  @Override
  public long cost(List<Branch<KeyValues>> admitted) {
    ForwardPlan plan = new ForwardPlan(this, Long.MAX_VALUE);
    admitted.forEach(plan::add);
    return plan.cost();
  }

  @Override
  public ForwardPlan plan() {
    return new ForwardPlan(this, budget);
  }

  @Override
  public void release(Branch<KeyValues> branch) {
    prefixes.unpin(branch.node());
    images.unpin(branch.prompt().pictures());
  }

  /** What is kept of images. */
  VisionCache images() {
    return images;
  }

  /** Images whose features are held. For many threads. */
  public EncodedImages encodedImages() {
    return images;
  }

  /**
   * One logit for each of the plan's branches.
   *
   * @param check as in {@link Forwards.Plan#run}
   */
  double[] run(ForwardPlan plan, Runnable check) {
    images.encode(plan.pictures(), check);
    List<PrefixTree<KeyValues>.Node> fresh = plan.fresh();
    List<KeyValues> rooms = new ArrayList<>();
    boolean done = false;
    try {
      for (PrefixTree<KeyValues>.Node node : fresh) {
        rooms.add(text.keyValues(node.to() - node.from()));
      }
      double[] logits;
      try (Tensor hidden = text.forward(plan.batch(rooms, images), check)) {
        logits = head.logits(backend.download(hidden));
      }
      requireNumbers(logits);
      for (int i = 0; i < rooms.size(); i++) {
        fresh.get(i).keep(rooms.get(i));
      }
      done = true;
      return logits;
    } finally {
      if (!done) {
        rooms.forEach(KeyValues::close);
      }
    }
  }

  /**
   * Weights that are no numbers, or that make values overflow, leave no number at the end. No keys
   * and values of such a forward are kept.
   */
  private static void requireNumbers(double[] logits) {
    for (double logit : logits) {
      if (!Double.isFinite(logit)) {
        throw new NonFiniteScoreException(
            "the model computed %s in the place of a score: weights of the checkpoint are no finite"
                    .formatted(logit)
                + " numbers, or values overflow");
      }
    }
  }

  /** One logit for each prompt, the same whatever else is asked with it. */
  public double[] logits(List<PreparedPrompt> prompts) {
    List<Branch<KeyValues>> admitted = admit(prompts, prompts.getFirst());
    double[] logits = new double[admitted.size()];
    for (int from = 0; from < logits.length; ) {
      ForwardPlan plan = plan();
      int to = from;
      while (to < logits.length && plan.add(admitted.get(to))) {
        to++;
      }
      System.arraycopy(plan.run(() -> {}), 0, logits, from, to - from);
      admitted.subList(from, to).forEach(this::release);
      from = to;
    }
    return logits;
  }

  /** Memory that shared beginnings take, in bytes. */
  public long prefixBytes() {
    return prefixes.bytes();
  }

  /** Shared beginnings that were given up for their room so far. */
  public long prefixEvictions() {
    return prefixes.evictions();
  }

  /** Memory that visual features take, in bytes. */
  public long imageBytes() {
    return images.bytes();
  }

  /** Images whose features were given up for their room so far. */
  public long imageEvictions() {
    return images.evictions();
  }

  /** The vision tower alone, for measurements. */
  public VisionTower vision() {
    return vision;
  }

  /** The text tower alone, for measurements. */
  public TextTower text() {
    return text;
  }

  /** What the towers compute on; their outputs are in its memory. */
  public Backend backend() {
    return backend;
  }

  /** How many tokens prompts may have together to share a forward. */
  public void setBudget(int tokens) {
    budget = tokens;
  }

  void observe(@Nullable LayerObserver observer) {
    vision.observer = observer;
    text.observer = observer;
  }

  @Override
  public void close() {
    prefixes.close();
    images.close();
    weights.close();
    backend.close();
    if (packed != null) {
      packed.close();
    }
    checkpoint.close();
  }
}
