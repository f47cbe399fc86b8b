package dev.vl4j.engine.model;

import dev.vl4j.engine.batch.TokenBudget;
import dev.vl4j.engine.vision.EncodedImages;
import dev.vl4j.engine.vision.ImageKey;
import dev.vl4j.engine.vision.ImagePatches;
import dev.vl4j.engine.vision.Picture;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What the vision tower made of images, by content: an image goes through the tower once while a
 * request needs it, and again only if it was given up in between. What no request needs is kept
 * within a budget of bytes, least recently used first out. For one thread at a time, but that any
 * may pin and unpin what is held.
 */
final class VisionCache implements EncodedImages, AutoCloseable {
  /** Patches that go through the tower at once; a larger image goes alone. */
  private static final TokenBudget PATCHES = new TokenBudget(4096);

  private final VisionTower tower;
  private final long budget;
  private final Map<ImageKey, VisualFeatures> features = new LinkedHashMap<>(16, 0.75f, true);
  private final Map<ImageKey, Integer> pins = new LinkedHashMap<>();
  private long bytes;
  private long evictions;

  /**
   * @param budget bytes kept beyond what requests in flight need
   */
  VisionCache(VisionTower tower, long budget) {
    this.tower = tower;
    this.budget = budget;
  }

  /** Bytes that are held now. */
  synchronized long bytes() {
    return bytes;
  }

  /** How many images were given up for their room so far. */
  synchronized long evictions() {
    return evictions;
  }

  synchronized boolean holds(Picture picture) {
    return features.containsKey(picture.key());
  }

  /** Keeps pictures from being given up once they are encoded, until they are unpinned as often. */
  synchronized void pin(Collection<Picture> pictures) {
    pictures.forEach(picture -> pins.merge(picture.key(), 1, Integer::sum));
  }

  /** Undoes one {@link #pin}. */
  synchronized void unpin(Collection<Picture> pictures) {
    for (Picture picture : pictures) {
      unpin(picture.key());
    }
    trim();
  }

  @Override
  public synchronized boolean pin(ImageKey key) {
    boolean held = features.containsKey(key);
    if (held) {
      pins.merge(key, 1, Integer::sum);
    }
    return held;
  }

  /** What may be given up now is closed by the thread that computes, when it has done something. */
  @Override
  public synchronized void unpin(ImageKey key) {
    pins.computeIfPresent(key, (_, count) -> count == 1 ? null : count - 1);
  }

  /**
   * Runs the tower over those of the pictures, which are pinned, that are not held.
   *
   * @param check is called now and then; what it throws ends the work
   */
  int encode(Collection<Picture> wanted, Runnable check) {
    Map<ImageKey, Picture> missing = new LinkedHashMap<>();
    for (Picture picture : wanted) {
      if (!holds(picture)) {
        missing.putIfAbsent(picture.key(), picture);
      }
    }
    List<Picture> fresh = List.copyOf(missing.values());
    int[] lengths = fresh.stream().mapToInt(Picture::patches).toArray();
    for (TokenBudget.Group group : PATCHES.groups(lengths)) {
      encodeTogether(fresh.subList(group.from(), group.to()), check);
    }
    return fresh.size();
  }

  private void encodeTogether(List<Picture> pictures, Runnable check) {
    List<ImagePatches> patches = new ArrayList<>();
    for (Picture picture : pictures) {
      patches.add(picture.take(check));
    }
    keep(pictures, tower.encode(patches, check));
  }

  private synchronized void keep(List<Picture> pictures, List<VisualFeatures> encoded) {
    for (int i = 0; i < encoded.size(); i++) {
      features.put(pictures.get(i).key(), encoded.get(i));
      bytes += encoded.get(i).bytes();
    }
  }

  /** What the tower made of a picture that is held. */
  synchronized VisualFeatures of(Picture picture) {
    VisualFeatures found = features.get(picture.key());
    if (found == null) {
      throw new IllegalStateException("an image was not encoded");
    }
    return found;
  }

  private void trim() {
    Iterator<Map.Entry<ImageKey, VisualFeatures>> oldestFirst = features.entrySet().iterator();
    while (bytes > budget && oldestFirst.hasNext()) {
      Map.Entry<ImageKey, VisualFeatures> entry = oldestFirst.next();
      if (!pins.containsKey(entry.getKey())) {
        oldestFirst.remove();
        bytes -= entry.getValue().bytes();
        evictions++;
        entry.getValue().close();
      }
    }
  }

  @Override
  public synchronized void close() {
    features.values().forEach(VisualFeatures::close);
    features.clear();
    bytes = 0;
  }
}
