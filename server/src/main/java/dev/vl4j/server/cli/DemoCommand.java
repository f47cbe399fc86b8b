package dev.vl4j.server.cli;

import dev.vl4j.engine.Embedder;
import dev.vl4j.engine.EmbedderOptions;
import dev.vl4j.engine.RankedDocument;
import dev.vl4j.engine.RerankRequest;
import dev.vl4j.engine.Reranker;
import dev.vl4j.engine.RerankerOptions;
import java.nio.charset.Charset;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** Shows the embedded models at work. */
@Command(
    name = "demo",
    description = "Let the embedded models rank and search texts and images that vl4j carries.")
final class DemoCommand implements Callable<Integer> {
  private final Streams streams;
  private final ModelOpener opener;

  DemoCommand(Streams streams, ModelOpener opener) {
    this.streams = streams;
    this.opener = opener;
  }

  @Override
  public Integer call() {
    List<DemoCase> cases = DemoCase.all();
    List<DemoSearch> searches = DemoSearch.all();
    int right = 0;
    try (Reranker model = opener.open(ModelOpener.DEMO, RerankerOptions.DEFAULT);
        Embedder embedder =
            opener.openEmbedder(ModelOpener.DEMO_EMBEDDER, EmbedderOptions.DEFAULT)) {
      streams.out().println("Toy models of 2.7 million parameters; they know only such examples.");
      streams.out().printf("Matrix products are in %s, as by default.%n", model.precision());
      for (DemoCase demo : cases) {
        right += show(demo, model) ? 1 : 0;
      }
      DemoSearch.Index index = DemoSearch.Index.of(embedder);
      for (DemoSearch search : searches) {
        right += show(search, index, embedder, model) ? 1 : 0;
      }
    }
    int all = cases.size() + searches.size();
    streams.out().printf(Locale.ROOT, "%nThe right document came first in %d of %d.%n", right, all);
    return right == all ? 0 : Errors.UNEXPECTED;
  }

  private boolean show(DemoCase demo, Reranker model) {
    RerankRequest request =
        RerankRequest.of(
            demo.query().content(), demo.documents().stream().map(DemoCase.Item::content).toList());
    long start = System.nanoTime();
    List<RankedDocument> ranked = model.rerank(request);
    double millis = millisSince(start);

    boolean won = ranked.getFirst().index() == demo.right();
    Table table = new Table("", "score", "logit", "document");
    for (RankedDocument result : ranked) {
      table.add(
          mark(result.index() == demo.right(), won),
          Table.score(result.score()),
          Table.logit(result.logit()),
          Table.preview(demo.documents().get(result.index()).label()));
    }
    streams
        .out()
        .printf(
            Locale.ROOT,
            "%nquery: %s  (%d documents, %.0f ms)%n%s",
            demo.query().label(),
            ranked.size(),
            millis,
            table.render("  "));
    return won;
  }

  private boolean show(
      DemoSearch search, DemoSearch.Index index, Embedder embedder, Reranker model) {
    long start = System.nanoTime();
    // The nearest last, so that a reranker that does nothing would fail.
    List<DemoSearch.Hit> hits =
        index.nearest(embedder.embed(search.query().content()), DemoSearch.CANDIDATES).reversed();
    List<RankedDocument> ranked =
        model.rerank(
            search.query().content(), hits.stream().map(hit -> hit.item().content()).toList());
    double millis = millisSince(start);

    boolean won = hits.get(ranked.getFirst().index()).item().label().equals(search.right());
    Table table = new Table("", "score", "cosine", "by cosine", "document");
    for (RankedDocument result : ranked) {
      DemoSearch.Hit hit = hits.get(result.index());
      table.add(
          mark(hit.item().label().equals(search.right()), won),
          Table.score(result.score()),
          String.format(Locale.ROOT, "%.4f", hit.cosine()),
          String.valueOf(hits.size() - result.index()),
          Table.preview(hit.item().label()));
    }
    streams
        .out()
        .printf(
            Locale.ROOT,
            "%nsearch: %s  (the nearest %d of %d by their vectors, ranked; %.0f ms)%n%s",
            search.query().label(),
            ranked.size(),
            index.items().size(),
            millis,
            table.render("  "));
    return won;
  }

  private static double millisSince(long start) {
    return (System.nanoTime() - start) / 1e6;
  }

  /** A tick at the right document if it came first, a cross if it did not. */
  private String mark(boolean right, boolean won) {
    if (!right) {
      return "";
    }
    Charset charset = streams.out().charset();
    String mark = won ? "✓" : "✗";
    return charset.canEncode() && charset.newEncoder().canEncode(mark) ? mark : won ? "ok" : "NO";
  }
}
