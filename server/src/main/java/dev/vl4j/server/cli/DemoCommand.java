package dev.vl4j.server.cli;

import dev.vl4j.engine.RankedDocument;
import dev.vl4j.engine.RerankRequest;
import dev.vl4j.engine.Reranker;
import dev.vl4j.engine.RerankerOptions;
import java.nio.charset.Charset;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** Shows the embedded model at work. */
@Command(
    name = "demo",
    description = "Let the embedded model rank texts and images that vl4j carries.")
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
    int right = 0;
    try (Reranker model = opener.open(ModelOpener.DEMO, RerankerOptions.DEFAULT)) {
      streams.out().println("A toy model of 2.7 million parameters; it knows only such examples.");
      streams.out().printf("Matrix products are in %s, as by default.%n", model.precision());
      for (DemoCase demo : cases) {
        right += show(demo, model) ? 1 : 0;
      }
    }
    streams
        .out()
        .printf(Locale.ROOT, "%nThe right document came first in %d of %d.%n", right, cases.size());
    return right == cases.size() ? 0 : Errors.UNEXPECTED;
  }

  private boolean show(DemoCase demo, Reranker model) {
    RerankRequest request =
        RerankRequest.of(
            demo.query().content(), demo.documents().stream().map(DemoCase.Item::content).toList());
    long start = System.nanoTime();
    List<RankedDocument> ranked = model.rerank(request);
    double millis = (System.nanoTime() - start) / 1e6;

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
