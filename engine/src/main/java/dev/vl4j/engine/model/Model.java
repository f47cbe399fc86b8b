package dev.vl4j.engine.model;

import dev.vl4j.engine.CachingOptions;
import dev.vl4j.engine.ModelException;
import dev.vl4j.engine.batch.Branches;
import dev.vl4j.engine.batch.Branches.Branch;
import dev.vl4j.engine.batch.PrefixTree;
import dev.vl4j.engine.batch.PreparedPrompt;
import dev.vl4j.engine.model.config.ModelConfig;
import dev.vl4j.engine.model.config.TensorNames;
import dev.vl4j.engine.model.tower.ImageEncoder;
import dev.vl4j.engine.model.tower.LayerObserver;
import dev.vl4j.engine.model.tower.TextTower;
import dev.vl4j.engine.model.tower.VisionTower;
import dev.vl4j.engine.model.tower.VisualFeatures;
import dev.vl4j.engine.model.weights.ResolvedPrecision;
import dev.vl4j.engine.model.weights.WeightScope;
import dev.vl4j.engine.model.weights.WeightStore;
import dev.vl4j.engine.model.weights.Weights;
import dev.vl4j.engine.vision.EncodedImages;
import dev.vl4j.engine.vision.PromptImage;
import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.DeviceMemory;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The towers with their weights and caches: what every head is put on. For one thread. Owns its
 * weights and caches, but not the backend that they are on.
 */
public final class Model implements AutoCloseable {
  /** Patches of images that go through the vision tower at once, for each row of a text forward. */
  private static final int PATCHES_PER_ROW = 8;

  /**
   * Tokens below which a shared run is computed for each prompt: cutting a prompt has its own cost.
   */
  private static final int LEAST_SHARED = 16;

  /** The part of a device's memory that a cache takes: one in so many. */
  private static final long DEDICATED_SHARE = 16;

  /** The same where other programs need the memory, too. */
  private static final long HOST_SHARE = 256;

  private final Backend backend;
  private final Weights weights;
  private final Optional<VisionTower> vision;
  private final TextTower text;
  private final CachingOptions caching;
  private final ImageCache images;
  private final PrefixTree<CachedRun> prefixes;
  private final Branches<CachedRun> branches;

  /**
   * Prepares all weights.
   *
   * @param weights closed with the model, or if this fails
   * @param caching what is computed once and reused
   * @throws ModelException if the checkpoint does not fit the configuration
   */
  Model(ModelConfig config, Weights weights, Backend backend, CachingOptions caching) {
    this.backend = backend;
    this.weights = weights;
    this.caching = caching;
    boolean ready = false;
    try {
      WeightStore store = weights.store();
      vision =
          config
              .vision()
              .map(tower ->
                  new VisionTower(tower, new WeightScope(store, TensorNames.VISION), backend));
      text =
          new TextTower(
              config.text(),
              new WeightScope(store, config.textScope()),
              weights.embeddings(config),
              caching.trimmedLastLayer());
      images =
          new ImageCache(
              vision.isPresent() ? vision.get() : ImageEncoder.NONE,
              Math.multiplyExact(PATCHES_PER_ROW, backend.preferredRows()),
              vision.isPresent() ? cacheBytes(caching.imageCacheBytes()) : 0);
      prefixes = new PrefixTree<>(cacheBytes(caching.prefixCacheBytes()), LEAST_SHARED);
      branches = new Branches<>(prefixes, LEAST_SHARED);
      weights.savePacked();
      ready = true;
    } finally {
      if (!ready) {
        weights.close();
      }
    }
  }

  private long cacheBytes(long wanted) {
    if (wanted != CachingOptions.DEVICE_SHARE) {
      return wanted;
    }
    DeviceMemory memory = backend.memory();
    return memory.total() / (memory.dedicated() ? DEDICATED_SHARE : HOST_SHARE);
  }

  /** In what precision its matrix products are computed. */
  public ResolvedPrecision precision() {
    return weights.precision();
  }

  /**
   * Hangs a request's prompts on the prefixes, which are kept until their branches are released.
   */
  List<Branch<CachedRun>> admit(List<PreparedPrompt> prompts, PreparedPrompt outline) {
    List<Branch<CachedRun>> admitted =
        caching.sharedPrefixes()
            ? branches.grow(prompts, outline)
            : prompts.stream().map(this::alone).toList();
    admitted.forEach(branch -> images.pin(branch.prompt().images()));
    return admitted;
  }

  private Branch<CachedRun> alone(PreparedPrompt prompt) {
    prefixes.pin(prefixes.root());
    return new Branch<>(prompt, prefixes.root());
  }

  void release(Branch<CachedRun> branch) {
    prefixes.unpin(branch.node());
    images.unpin(branch.prompt().images());
  }

  /** Frees what no request needs; says whether there was anything. */
  boolean evict() {
    boolean prefixesHeld = prefixes.evictAll();
    boolean imagesHeld = images.evictAll();
    return prefixesHeld || imagesHeld;
  }

  /** Images whose features are held. For many threads. */
  public EncodedImages encodedImages() {
    return images;
  }

  boolean holds(PromptImage image) {
    return images.holds(image);
  }

  void encode(Collection<PromptImage> wanted, Computation computation, Runnable check) {
    images.encode(wanted, computation, check);
  }

  VisualFeatures features(PromptImage image) {
    return images.of(image);
  }

  Computation computation(PromptImage image) {
    return images.computation(image);
  }

  /** Memory for the keys and values of so many tokens. */
  CachedRun cachedRun(int tokens, Computation computation) {
    return new CachedRun(
        backend, backend.keyValues(text.attention(), text.layers(), tokens), computation);
  }

  /** Forgets what failed forwards should have computed. */
  void discardFailed() {
    prefixes.discard(run -> run.computation().hasFailed());
    images.discardFailed();
  }

  /** Bytes that shared prefixes take. */
  public long prefixBytes() {
    return prefixes.bytes();
  }

  /** Runs of shared prefixes that were evicted so far. */
  public long prefixEvictions() {
    return prefixes.evictions();
  }

  /** Bytes that shared prefixes may take when no request needs them. */
  public long maxPrefixBytes() {
    return prefixes.budget();
  }

  /** Bytes that visual features take. */
  public long imageBytes() {
    return images.bytes();
  }

  /** Bytes that visual features may take when no request needs them. */
  public long maxImageBytes() {
    return images.budget();
  }

  /** Images whose features were evicted so far. */
  public long imageEvictions() {
    return images.evictions();
  }

  /** The vision tower alone, for measurements; empty in a model that reads texts only. */
  public Optional<VisionTower> vision() {
    return vision;
  }

  /** The text tower alone, for measurements. */
  public TextTower text() {
    return text;
  }

  /** What the towers compute on. */
  public Backend backend() {
    return backend;
  }

  void observe(@Nullable LayerObserver observer) {
    vision.ifPresent(tower -> tower.observe(observer));
    text.observe(observer);
  }

  @Override
  public void close() {
    prefixes.close();
    images.close();
    weights.close();
  }
}
