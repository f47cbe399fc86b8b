package dev.vl4j.server.cli;

import dev.vl4j.engine.Content;
import dev.vl4j.engine.Embedder;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * One search of the demonstration, through all texts and pictures that it carries: vectors find
 * candidates, and the reranker then ranks these.
 *
 * @param right label of the item that has to win
 */
record DemoSearch(DemoCase.Item query, String right) {
  /** How many candidates are ranked. */
  static final int CANDIDATES = 5;

  /**
   * An item that was found.
   *
   * @param cosine of its vector and the query's
   */
  record Hit(DemoCase.Item item, double cosine) {}

  /** Items with their vectors, in the same order. */
  record Index(List<DemoCase.Item> items, List<float[]> vectors) {
    Index {
      items = List.copyOf(items);
      vectors = List.copyOf(vectors);
    }

    /** Embeds every document of the demonstration, once. */
    static Index of(Embedder embedder) {
      Map<String, DemoCase.Item> items = new LinkedHashMap<>();
      for (DemoCase each : DemoCase.all()) {
        each.documents().forEach(item -> items.putIfAbsent(item.label(), item));
      }
      List<Content> contents = items.values().stream().map(DemoCase.Item::content).toList();
      return new Index(List.copyOf(items.values()), embedder.embed(contents));
    }

    /** The nearest items, best first. */
    List<Hit> nearest(float[] vector, int count) {
      return IntStream.range(0, items.size())
          .mapToObj(i -> new Hit(items.get(i), cosine(vector, vectors.get(i))))
          .sorted(Comparator.comparingDouble(Hit::cosine).reversed())
          .limit(count)
          .toList();
    }
  }

  /** What the demonstration models are known to find. */
  static List<DemoSearch> all() {
    return List.of(
        new DemoSearch(DemoCase.Item.text("something purple"), "[picture: purple circle]"),
        new DemoSearch(
            DemoCase.Item.text("Explain inflation"),
            "Inflation is a general rise of prices over time, which lowers what money can buy."),
        new DemoSearch(
            DemoCase.Item.text("Which city is the capital of Peru?"),
            "The capital of Peru is Lima."));
  }

  /** Of two vectors of length 1. */
  private static double cosine(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (double) a[i] * b[i];
    }
    return sum;
  }
}
