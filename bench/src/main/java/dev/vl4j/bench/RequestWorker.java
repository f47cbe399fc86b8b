package dev.vl4j.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.vl4j.engine.Content;
import dev.vl4j.engine.ModelOptions;
import dev.vl4j.engine.Part;
import dev.vl4j.engine.PixelBudget;
import dev.vl4j.engine.RankedDocument;
import dev.vl4j.engine.Ranking;
import dev.vl4j.engine.RerankRequest;
import dev.vl4j.engine.Reranker;
import dev.vl4j.engine.WorkReport;
import dev.vl4j.loader.JsonFile;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Our side of {@code bench/compare-requests}: answers a rerank request, through the public API, for
 * each line on its standard input.
 *
 * <p>{@code rank FILE} answers with the seconds from a request's texts and picture files to its
 * ranking, its logits and the tokens of its prompts, in the documents' order; {@code warm FILE}
 * only runs it. Between lines the process sleeps.
 */
public final class RequestWorker {
  private final Reranker reranker;

  private RequestWorker(Reranker reranker) {
    this.reranker = reranker;
  }

  /**
   * Options: {@code --model DIR}, {@code --threads} (one per processor), {@code --dtype
   * f32|bf16|int8}, {@code --packed-cache DIR}, {@code --backend} (cpu).
   */
  public static void main(String[] arguments) throws IOException {
    Arguments options =
        new Arguments(arguments, "model", "threads", "dtype", "packed-cache", "backend");
    int threads = options.integer("threads", Runtime.getRuntime().availableProcessors());
    ModelOptions reranking =
        ModelOptions.DEFAULT
            .withBackend(options.string("backend", "cpu"))
            .withPrecision(options.precision())
            .withThreads(threads)
            .withPixelBudget(PixelBudget.OFFICIAL_SCRIPT)
            .withPackedCache(options.path("packed-cache"));
    try (Reranker reranker = Reranker.open(Path.of(options.require("model")), reranking);
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, UTF_8))) {
      System.out.printf("ready vl4j, %s, %d threads%n", reranker.precision(), threads);
      RequestWorker worker = new RequestWorker(reranker);
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        System.out.println(worker.answer(line.split(" ", 2)));
      }
    }
  }

  private String answer(String[] words) {
    RerankRequest request = read(JsonFile.read(Path.of(words[1])));
    return switch (words[0]) {
      case "rank" -> rank(request);
      case "warm" -> {
        reranker.rerank(request);
        yield "warm";
      }
      default ->
          throw new IllegalArgumentException("expected rank or warm, found \"" + words[0] + "\"");
    };
  }

  private String rank(RerankRequest request) {
    long start = System.nanoTime();
    Ranking ranking = reranker.submit(request).join();
    double seconds = (System.nanoTime() - start) / 1e9;
    List<RankedDocument> documents = ranking.inRequestOrder();
    return "{\"seconds\": %s, \"logits\": %s, \"tokens\": %s%s}"
        .formatted(
            seconds,
            list(documents, RankedDocument::logit),
            list(documents, RankedDocument::promptTokens),
            work(ranking.report().work()));
  }

  /** Further fields of an answer: what the request computed, in tokens and images. */
  private static String work(WorkReport work) {
    return ", \"computed\": %d, \"saved\": %d, \"encoded\": %d, \"reused\": %d"
        .formatted(
            work.computedTokens(), work.sharedTokens(), work.encodedImages(), work.reusedImages());
  }

  private static String list(
      List<RankedDocument> documents, Function<RankedDocument, Number> value) {
    return documents.stream()
        .map(document -> value.apply(document).toString())
        .collect(Collectors.joining(", ", "[", "]"));
  }

  /** A request as {@code bench/reference/request_worker.py} reads it, too. */
  public static RerankRequest read(JsonFile file) {
    List<Content> documents =
        file.requireSections("documents").stream().map(RequestWorker::content).toList();
    return RerankRequest.of(content(file.section("query")), documents)
        .withInstruction(file.requireString("instruction"));
  }

  private static Content content(JsonFile side) {
    List<Part> parts = new ArrayList<>();
    if (side.has("image")) {
      parts.add(Part.image(Path.of(side.requireString("image"))));
    }
    if (side.has("text")) {
      parts.add(Part.text(side.requireString("text")));
    }
    return new Content(parts);
  }
}
