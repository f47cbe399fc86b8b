package dev.vl4j.engine.model;

import dev.vl4j.engine.batch.TokenBudget;
import dev.vl4j.engine.model.tower.ImageEncoder;
import dev.vl4j.engine.model.tower.VisualFeatures;
import dev.vl4j.engine.vision.EncodedImages;
import dev.vl4j.engine.vision.ImageKey;
import dev.vl4j.engine.vision.ImagePatches;
import dev.vl4j.engine.vision.PromptImage;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What the vision tower makes of images, by content: an image goes through the tower once while a
 * request needs it, and again only if it was evicted in between. What no request needs is kept
 * within a budget of bytes, least recently used first out. For one thread, but that any may pin and
 * unpin what is held.
 */
final class ImageCache implements EncodedImages, AutoCloseable {
  /**
   * @param computation the forward that computes the features
   */
  private record Entry(VisualFeatures features, Computation computation) {}

  private final ImageEncoder tower;
  private final TokenBudget patches;
  private final long budget;
  private final Map<ImageKey, Entry> entries = new LinkedHashMap<>(16, 0.75f, true);
  private final Map<ImageKey, Integer> pins = new LinkedHashMap<>();
  private long bytes;
  private long evictions;

  /**
   * @param patches that go through the tower at once; a larger image goes alone
   * @param budget bytes kept beyond what requests in flight need
   */
  ImageCache(ImageEncoder tower, int patches, long budget) {
    this.tower = tower;
    this.patches = new TokenBudget(patches);
    this.budget = budget;
  }

  /** Bytes kept beyond what requests in flight need. */
  long budget() {
    return budget;
  }

  /** Bytes that are held now. */
  synchronized long bytes() {
    return bytes;
  }

  /** How many images were evicted so far. */
  synchronized long evictions() {
    return evictions;
  }

  synchronized boolean holds(PromptImage image) {
    return entries.containsKey(image.key());
  }

  /** Keeps images from being evicted once they are encoded, until they are unpinned as often. */
  synchronized void pin(Collection<PromptImage> images) {
    images.forEach(image -> pins.merge(image.key(), 1, Integer::sum));
  }

  /** Undoes one {@link #pin}. */
  synchronized void unpin(Collection<PromptImage> images) {
    for (PromptImage image : images) {
      unpin(image.key());
    }
    trim(budget);
  }

  @Override
  public synchronized boolean pin(ImageKey key) {
    boolean held = entries.containsKey(key);
    if (held) {
      pins.merge(key, 1, Integer::sum);
    }
    return held;
  }

  /** What may be evicted now is closed by the thread that computes, when it has done something. */
  @Override
  public synchronized void unpin(ImageKey key) {
    pins.computeIfPresent(key, (_, count) -> count == 1 ? null : count - 1);
  }

  /**
   * Enqueues the tower on those of the images, which are pinned, that are not held.
   *
   * @param computation the forward that they are part of
   * @param check is called now and then; what it throws ends the work
   */
  void encode(Collection<PromptImage> wanted, Computation computation, Runnable check) {
    Map<ImageKey, PromptImage> missing = new LinkedHashMap<>();
    for (PromptImage image : wanted) {
      if (!holds(image)) {
        missing.putIfAbsent(image.key(), image);
      }
    }
    List<PromptImage> fresh = List.copyOf(missing.values());
    int[] lengths = fresh.stream().mapToInt(PromptImage::patches).toArray();
    for (TokenBudget.Group group : patches.groups(lengths)) {
      encodeTogether(fresh.subList(group.from(), group.to()), computation, check);
    }
  }

  private void encodeTogether(List<PromptImage> images, Computation computation, Runnable check) {
    List<ImagePatches> taken = new ArrayList<>();
    for (PromptImage image : images) {
      taken.add(image.take(check));
    }
    keep(images, tower.encode(taken, check), computation);
  }

  private synchronized void keep(
      List<PromptImage> images, List<VisualFeatures> encoded, Computation computation) {
    for (int i = 0; i < encoded.size(); i++) {
      entries.put(images.get(i).key(), new Entry(encoded.get(i), computation));
      bytes += encoded.get(i).bytes();
    }
  }

  /** What the tower makes of an image that is held. */
  synchronized VisualFeatures of(PromptImage image) {
    return entry(image).features;
  }

  /** The forward that computes, or has computed, an image that is held. */
  synchronized Computation computation(PromptImage image) {
    return entry(image).computation;
  }

  private Entry entry(PromptImage image) {
    Entry found = entries.get(image.key());
    if (found == null) {
      throw new IllegalStateException("an image was not encoded");
    }
    return found;
  }

  /** Forgets what failed forwards should have computed. */
  synchronized void discardFailed() {
    Iterator<Entry> all = entries.values().iterator();
    while (all.hasNext()) {
      Entry entry = all.next();
      if (entry.computation.hasFailed()) {
        all.remove();
        bytes -= entry.features.bytes();
        entry.features.close();
      }
    }
  }

  /** Evicts all that no request needs; says whether there was anything. */
  synchronized boolean evictAll() {
    long before = evictions;
    trim(0);
    return evictions > before;
  }

  private void trim(long limit) {
    Iterator<Map.Entry<ImageKey, Entry>> oldestFirst = entries.entrySet().iterator();
    while (bytes > limit && oldestFirst.hasNext()) {
      Map.Entry<ImageKey, Entry> entry = oldestFirst.next();
      if (!pins.containsKey(entry.getKey())) {
        VisualFeatures features = entry.getValue().features;
        oldestFirst.remove();
        bytes -= features.bytes();
        evictions++;
        features.close();
      }
    }
  }

  @Override
  public synchronized void close() {
    entries.values().forEach(entry -> entry.features.close());
    entries.clear();
    bytes = 0;
  }
}
