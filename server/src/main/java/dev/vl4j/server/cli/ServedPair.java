package dev.vl4j.server.cli;

import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The models of a server: one, or a reranker and an embedder.
 *
 * @param second the embedder beside the reranker, if there are two
 */
record ServedPair(Named first, @Nullable Named second) {
  /**
   * @param models one or two, in any order
   * @throws CliException if there are two for one task
   */
  static ServedPair of(List<Named> models) {
    if (models.size() == 1) {
      return new ServedPair(models.getFirst(), null);
    }
    Named one = models.getFirst();
    Named other = models.getLast();
    if (one.embedder() == other.embedder()) {
      throw new CliException(
          "%s and %s: expected a reranker and an embedding model, found two %s"
              .formatted(
                  one.name(), other.name(), one.embedder() ? "embedding models" : "rerankers"));
    }
    return one.embedder() ? new ServedPair(other, one) : new ServedPair(one, other);
  }

  List<Named> all() {
    return Stream.of(first, second).filter(Objects::nonNull).toList();
  }
}
