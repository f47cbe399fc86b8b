package dev.vl4j.engine.vision;

import java.util.List;

/** Pictures whose features all replicas of a model hold, so that any of them can do without. */
public record EverywhereEncoded(List<EncodedImages> replicas) implements EncodedImages {
  /** Those of one or more replicas. */
  public static EncodedImages of(List<EncodedImages> replicas) {
    return replicas.size() == 1 ? replicas.getFirst() : new EverywhereEncoded(replicas);
  }

  @Override
  public boolean pin(ImageKey key) {
    for (int i = 0; i < replicas.size(); i++) {
      if (!replicas.get(i).pin(key)) {
        replicas.subList(0, i).forEach(replica -> replica.unpin(key));
        return false;
      }
    }
    return true;
  }

  @Override
  public void unpin(ImageKey key) {
    replicas.forEach(replica -> replica.unpin(key));
  }
}
