package dev.vl4j.engine.model;

import dev.vl4j.engine.batch.TokenBudget;
import dev.vl4j.engine.vision.ImagePatches;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The visual features of one request's images: each image goes through the tower once, and its
 * features are given back after the last prompt that shows it.
 */
final class VisionPass implements AutoCloseable {
  private static final TokenBudget PATCHES = new TokenBudget(16384);

  /** An image's place in a pack. */
  record Place(VisualFeatures features, int from) {}

  private final VisionTower tower;
  private final int patchesPerToken;
  private final Map<Picture, Place> places = new HashMap<>();

  VisionPass(VisionTower tower, int patchesPerToken) {
    this.tower = tower;
    this.patchesPerToken = patchesPerToken;
  }

  /** Runs the tower over those images that it has not seen. */
  void encode(Collection<Picture> wanted) {
    List<Picture> fresh =
        new LinkedHashSet<>(wanted).stream().filter(p -> !places.containsKey(p)).toList();
    int[] lengths = fresh.stream().mapToInt(Picture::patches).toArray();
    for (TokenBudget.Group group : PATCHES.groups(lengths)) {
      List<Picture> pack = fresh.subList(group.from(), group.to());
      List<ImagePatches> patches = new ArrayList<>();
      for (Picture picture : pack) {
        patches.add(picture.take());
      }
      VisualFeatures features = tower.forward(patches);
      int from = 0;
      for (Picture picture : pack) {
        places.put(picture, new Place(features, from));
        from += picture.patches() / patchesPerToken;
      }
    }
  }

  Place place(Picture picture) {
    Place place = places.get(picture);
    if (place == null) {
      throw new IllegalStateException("an image was not encoded");
    }
    return place;
  }

  /** Gives back every pack that holds none of these images. */
  void keepOnly(Collection<Picture> needed) {
    Set<VisualFeatures> kept = new HashSet<>();
    for (Picture picture : needed) {
      Place place = places.get(picture);
      if (place != null) {
        kept.add(place.features);
      }
    }
    Set<VisualFeatures> dropped = new HashSet<>();
    for (Place place : places.values()) {
      if (!kept.contains(place.features)) {
        dropped.add(place.features);
      }
    }
    places.values().removeIf(place -> dropped.contains(place.features));
    dropped.forEach(VisualFeatures::close);
  }

  @Override
  public void close() {
    keepOnly(List.of());
  }
}
