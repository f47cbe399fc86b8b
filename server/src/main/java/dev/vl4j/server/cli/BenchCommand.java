package dev.vl4j.server.cli;

import dev.vl4j.engine.Content;
import dev.vl4j.engine.InvalidRequestException;
import dev.vl4j.engine.PixelBudget;
import dev.vl4j.engine.RankedDocument;
import dev.vl4j.engine.RerankRequest;
import dev.vl4j.engine.Reranker;
import dev.vl4j.engine.RerankerOptions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Says how many documents a model ranks in a second on this machine. */
@Command(
    name = "bench",
    sortOptions = false,
    customSynopsis = "vl4j bench [OPTIONS] MODEL",
    description = {
      "Measure how many documents a second a model ranks on this machine.",
      "",
      "Documents of 300 tokens, and images of 1024 x 768 pixels:",
      "  vl4j bench Qwen/Qwen3-VL-Reranker-2B --tokens 300 --image 1024x768",
      "",
      "Each round is one request with a new query and new documents, so nothing of",
      "an earlier round is reused.",
      ""
    })
final class BenchCommand implements Callable<Integer> {
  private static final double WARM_SECONDS = 3;
  private static final List<Integer> DEFAULT_TOKENS = List.of(128);
  private static final List<ImageSize> DEFAULT_IMAGES = List.of(new ImageSize(512, 512));

  /** One kind of documents, and the request of each round. */
  private record Load(String name, IntFunction<RerankRequest> request) {}

  /**
   * What rounds of a load took.
   *
   * @param tokens of a prompt, on average
   * @param seconds of each round, in ascending order
   */
  private record Measured(double tokens, double[] seconds) {
    double median() {
      int middle = seconds.length / 2;
      return seconds.length % 2 == 1
          ? seconds[middle]
          : (seconds[middle - 1] + seconds[middle]) / 2;
    }
  }

  @Parameters(
      paramLabel = "MODEL",
      description = "Checkpoint directory, a hub's model id, or demo for the embedded model.")
  String name = "";

  @Option(
      names = "--documents",
      paramLabel = "N",
      description = "Documents of a request; 32 if left out.")
  int documents = 32;

  @Option(
      names = "--tokens",
      paramLabel = "N",
      description =
          "Tokens of a document's text; repeatable, for a line each. If neither this nor --image is"
              + " given: 128.")
  @Nullable List<Integer> tokens;

  @Option(
      names = "--image",
      paramLabel = "WIDTHxHEIGHT",
      converter = ImageSize.Converter.class,
      description =
          "Pixels of a document that is an image; repeatable, for a line each. If neither this nor"
              + " --tokens is given: 512x512.")
  @Nullable List<ImageSize> images;

  @Option(names = "--rounds", paramLabel = "N", description = "Rounds to measure; 5 if left out.")
  int rounds = 5;

  @Option(
      names = "--warm-up",
      paramLabel = "N",
      description = "Rounds before those, which are not counted; as many as take 3 s if left out.")
  @Nullable Integer warmUp;

  @Mixin OpeningOptions opening = new OpeningOptions();

  private final Streams streams;
  private final ModelOpener opener;
  private volatile String doing = "";

  BenchCommand(Streams streams, ModelOpener opener) {
    this.streams = streams;
    this.opener = opener;
  }

  @Override
  public Integer call() {
    LimitOptions.requirePositive("--documents", documents);
    LimitOptions.requirePositive("--rounds", rounds);
    if (warmUp != null && warmUp < 0) {
      throw new CliException("--warm-up: expected 0 or more, found " + warmUp);
    }
    chosen(tokens, images, DEFAULT_TOKENS)
        .forEach(length -> LimitOptions.requirePositive("--tokens", length));
    RerankerOptions options =
        RerankerOptions.DEFAULT.withModel(
            opening
                .options()
                .withPixelBudget(
                    opening.officialPixels ? PixelBudget.OFFICIAL_SCRIPT : PixelBudget.CHECKPOINT));
    String located = new ModelLocator(streams).locate(name);
    long start = System.nanoTime();
    try (Reranker model =
        Progress.during(streams, "opening " + name, () -> opener.open(located, options))) {
      line("model", name);
      line("device", device(model));
      line("dtype", model.precision().toString());
      line("opened", String.format(Locale.ROOT, "in %.1f s", seconds(start)));
      streams.out().println();
      Table table =
          new Table(
              "documents", "tokens each", "s a request", "documents/s", "from-to", "documents are");
      String note = "";
      for (Load load : loads(model)) {
        try {
          Measured measured = Progress.reported(streams, () -> doing, () -> measure(model, load));
          table.add(row(load, measured));
        } catch (InvalidRequestException e) {
          if (tokens != null || images != null) {
            throw e;
          }
          note = "%nnot measured: %s: %s%n".formatted(load.name(), Errors.message(e));
        }
      }
      streams.out().print(table.render("") + note);
      streams
          .out()
          .printf(
              "%nMedians of %d rounds, each a request with a new query. Tokens are those of whole"
                  + " prompts.%n",
              rounds);
      line("memory", HeldMemory.describe());
      streams.out().flush();
    }
    return 0;
  }

  private List<Load> loads(Reranker model) {
    List<Load> loads = new ArrayList<>();
    BenchDocuments made = new BenchDocuments(model::tokenize);
    for (int length : chosen(tokens, images, DEFAULT_TOKENS)) {
      loads.add(
          new Load(
              "texts of %d tokens".formatted(length),
              round -> request(made, round, i -> Content.text(made.text(length, round, i)))));
    }
    for (ImageSize size : chosen(images, tokens, DEFAULT_IMAGES)) {
      loads.add(
          new Load(
              "images of %s pixels (JPEG)".formatted(size),
              round -> request(made, round, i -> Content.image(made.jpeg(size, round, i)))));
    }
    return loads;
  }

  /** Both kinds have their default only if neither is asked for. */
  private static <T> List<T> chosen(
      @Nullable List<T> asked, @Nullable List<?> other, List<T> absent) {
    return asked != null ? asked : other == null ? absent : List.of();
  }

  private RerankRequest request(BenchDocuments made, int round, IntFunction<Content> document) {
    List<Content> contents = new ArrayList<>();
    for (int i = 0; i < documents; i++) {
      contents.add(document.apply(i));
    }
    return RerankRequest.of(Content.text(made.query(round)), contents);
  }

  private Measured measure(Reranker model, Load load) {
    int round = 0;
    double warm = 0;
    while (warmUp == null ? warm < WARM_SECONDS : round < warmUp) {
      doing = "warming up: " + load.name();
      warm += seconds(model, load.request().apply(round++), new ArrayList<>());
    }
    double[] seconds = new double[rounds];
    List<RankedDocument> ranked = new ArrayList<>();
    for (int i = 0; i < rounds; i++) {
      doing = "%s, round %d of %d".formatted(load.name(), i + 1, rounds);
      seconds[i] = seconds(model, load.request().apply(round++), ranked);
    }
    Arrays.sort(seconds);
    return new Measured(
        ranked.stream().mapToInt(RankedDocument::promptTokens).average().orElse(0), seconds);
  }

  private static double seconds(
      Reranker model, RerankRequest request, List<RankedDocument> ranked) {
    long start = System.nanoTime();
    ranked.addAll(model.rerank(request));
    return seconds(start);
  }

  private static double seconds(long startNanos) {
    return (System.nanoTime() - startNanos) / 1e9;
  }

  private String[] row(Load load, Measured measured) {
    double[] seconds = measured.seconds();
    return new String[] {
      Integer.toString(documents),
      String.format(Locale.ROOT, "%.0f", measured.tokens()),
      String.format(Locale.ROOT, "%.3f", measured.median()),
      String.format(Locale.ROOT, "%.1f", documents / measured.median()),
      String.format(
          Locale.ROOT,
          "%.1f-%.1f",
          documents / seconds[seconds.length - 1],
          documents / seconds[0]),
      load.name()
    };
  }

  private String device(Reranker model) {
    int threads =
        opening.threads == null ? Runtime.getRuntime().availableProcessors() : opening.threads;
    return model.devices().stream()
            .map(device -> "%s (%s)".formatted(device, Errors.oneLine(device.name())))
            .collect(Collectors.joining(", "))
        + ", %d threads".formatted(threads);
  }

  private void line(String name, String value) {
    streams.out().printf("%-8s %s%n", name, value);
  }
}
