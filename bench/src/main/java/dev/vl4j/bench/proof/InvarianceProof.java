package dev.vl4j.bench.proof;

import dev.vl4j.bench.Arguments;
import dev.vl4j.bench.ResultTable;
import dev.vl4j.bench.ResultTable.Verdict;
import dev.vl4j.engine.BatchingOptions;
import dev.vl4j.engine.CachingOptions;
import dev.vl4j.engine.Content;
import dev.vl4j.engine.ModelOptions;
import dev.vl4j.engine.RankedDocument;
import dev.vl4j.engine.Ranking;
import dev.vl4j.engine.RerankRequest;
import dev.vl4j.engine.Reranker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * Each document's logit is the same to the last bit alone, without and with cached beginnings, in a
 * request with others in any order, beside other requests, after them, and in forwards of any size.
 */
public final class InvarianceProof {
  /** Of a forward that is to be small, in tokens. */
  private static final int FEW_TOKENS = 512;

  private final List<Double> alone;
  private final Map<String, Integer> differing = new LinkedHashMap<>();
  private double largest;

  private InvarianceProof(List<Double> alone) {
    this.alone = alone;
  }

  /**
   * Options: those of {@link Subject}, {@code --dtype f32|bf16|int8}, {@code --documents} (40), of
   * which a quarter are pictures of {@code --side} (256) pixels, {@code --tokens} (130) of the
   * texts. The exit code is 1 if a bit differs.
   */
  public static void main(String[] arguments) throws IOException {
    List<String> names = new ArrayList<>(Subject.OPTIONS);
    names.addAll(List.of("dtype", "documents", "side", "tokens"));
    Arguments options = new Arguments(arguments, names.toArray(String[]::new));
    Subject subject = Subject.of(options);
    Path folder = Files.createTempDirectory("vl4j-invariance");
    RequestFiles files = new RequestFiles(folder, subject.model());
    int documents = options.integer("documents", 40);
    RequestFiles.Size size =
        new RequestFiles.Size(
            20,
            documents - documents / 4,
            options.integer("tokens", 130),
            documents / 4,
            options.integer("side", 256));
    RerankRequest request = files.write("invariance", size).request();
    RerankRequest other = files.write("another", size).request();
    ModelOptions settings = subject.options(options.precision());
    InvarianceProof proof;
    try (Reranker bare = subject.open(settings.withCaching(CachingOptions.NONE))) {
      proof = new InvarianceProof(oneByOne(bare, request));
      proof.check("together, nothing cached", together(bare, request));
      // A forward that comes again may take another way, such as a graph that was recorded.
      proof.check("alone, for the second time", oneByOne(bare, request));
      proof.check("alone, for the third time", oneByOne(bare, request));
    }
    try (Reranker reranker = subject.open(settings)) {
      proof.check("together", together(reranker, request));
      proof.check("together, backwards", backwards(reranker, request));
      proof.check("alone, beginnings cached", oneByOne(reranker, request));
      List<Double> _ = together(reranker, other);
      proof.check("after another request", together(reranker, request));
      proof.check("all at once, beside another request", atOnce(reranker, request, other));
    }
    BatchingOptions small = BatchingOptions.DEFAULT.withMaxBatchTokens(FEW_TOKENS);
    try (Reranker reranker = subject.open(settings.withBatching(small))) {
      proof.check("in small forwards", together(reranker, request));
    }
    ResultTable table = new ResultTable(options.path("table"));
    proof.report(subject.label() + ", " + options.precision(), table);
    System.exit(table.isAnyWrong() ? 1 : 0);
  }

  private void check(String way, List<Double> logits) {
    int different = 0;
    for (int i = 0; i < alone.size(); i++) {
      // Equal as objects means equal in their bits.
      if (!alone.get(i).equals(logits.get(i))) {
        different++;
        largest = Math.max(largest, Math.abs(alone.get(i) - logits.get(i)));
      }
    }
    System.out.printf("%s: %d of %d logits differ%n", way, different, alone.size());
    differing.put(way, different);
  }

  private void report(String model, ResultTable table) {
    long different = differing.values().stream().filter(count -> count > 0).count();
    table.add(
        model
            + ": a score alone, in a batch, with and without cached prefixes, whatever came before",
        "the same bits",
        different == 0
            ? "%d scores in %d ways: the same".formatted(alone.size(), differing.size())
            : "%s, by %.1e at most".formatted(differing, largest),
        Verdict.required(different == 0));
  }

  private static RerankRequest alone(RerankRequest request, Content document) {
    return RerankRequest.of(request.query(), List.of(document))
        .withInstruction(request.instruction());
  }

  private static List<Double> oneByOne(Reranker reranker, RerankRequest request) {
    List<Double> logits = new ArrayList<>();
    for (Content document : request.documents()) {
      logits.addAll(together(reranker, alone(request, document)));
    }
    return logits;
  }

  private static List<Double> together(Reranker reranker, RerankRequest request) {
    return logits(reranker.submit(request).join());
  }

  private static List<Double> backwards(Reranker reranker, RerankRequest request) {
    RerankRequest turned =
        RerankRequest.of(request.query(), request.documents().reversed())
            .withInstruction(request.instruction());
    return together(reranker, turned).reversed();
  }

  private static List<Double> atOnce(
      Reranker reranker, RerankRequest request, RerankRequest other) {
    CompletableFuture<Ranking> beside = reranker.submit(other);
    List<CompletableFuture<Ranking>> running =
        request.documents().stream()
            .map(document -> reranker.submit(alone(request, document)))
            .toList();
    List<Double> logits = new ArrayList<>();
    running.forEach(one -> logits.addAll(logits(one.join())));
    beside.join();
    return logits;
  }

  private static List<Double> logits(Ranking ranking) {
    return ranking.inRequestOrder().stream().map(RankedDocument::logit).toList();
  }
}
