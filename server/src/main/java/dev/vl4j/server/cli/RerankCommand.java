package dev.vl4j.server.cli;

import dev.vl4j.engine.Content;
import dev.vl4j.engine.Part;
import dev.vl4j.engine.PixelBudget;
import dev.vl4j.engine.Precision;
import dev.vl4j.engine.RankedDocument;
import dev.vl4j.engine.RerankRequest;
import dev.vl4j.engine.Reranker;
import dev.vl4j.engine.RerankerOptions;
import dev.vl4j.server.api.ApiException;
import dev.vl4j.server.api.Ids;
import dev.vl4j.server.api.ImageUrls;
import dev.vl4j.server.api.Json;
import dev.vl4j.server.api.RerankAnswer;
import dev.vl4j.server.media.MediaFetcher;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/** Ranks the documents of one request, or of each line of a file. */
@Command(
    name = "rerank",
    sortOptions = false,
    description = "Rank documents of text and pictures against a query.",
    footerHeading = "%nExit codes:%n",
    footer = {
      "  0    all is done",
      "  1    unexpected failure; with JSON Lines, the answers so far stay",
      "  2    refused; with JSON Lines, all is done but some answers are errors",
      "  130, 143  ended by SIGINT or SIGTERM; the same command continues JSON Lines"
    })
final class RerankCommand implements Callable<Integer> {
  /** How the ranking is written. */
  enum Format {
    JSON,
    TABLE
  }

  /** One document; a group, because only groups keep the order of different options. */
  static final class DocumentOption {
    @Option(names = "--document", paramLabel = "TEXT", description = "A text to rank; repeatable.")
    @Nullable String document;

    @Option(
        names = "--image",
        paramLabel = "FILE",
        description = "A picture to rank; repeatable, in order with --document.")
    @Nullable String image;
  }

  @Option(
      names = "--model",
      paramLabel = "MODEL",
      defaultValue = RerankerOpener.DEMO,
      description =
          "Checkpoint directory, a hub's model id such as Qwen/Qwen3-VL-Reranker-2B, or demo for"
              + " the embedded model (the default).")
  String model = RerankerOpener.DEMO;

  @Option(
      names = "--input",
      paramLabel = "FILE",
      description =
          "Body of a /v1/rerank request as JSON, or JSON Lines of many; - for standard input.")
  @Nullable String input;

  @Option(
      names = "--output",
      paramLabel = "FILE",
      description =
          "Where the answer goes, or one line for each line; standard output if left out or -.")
  @Nullable String output;

  @Mixin BatchOptions batch = new BatchOptions();

  @Option(names = "--query", paramLabel = "TEXT", description = "The query.")
  @Nullable String query;

  @ArgGroup(multiplicity = "0..*")
  @Nullable List<DocumentOption> documents;

  @Mixin RequestOptions requests = new RequestOptions();

  @Option(
      names = "--format",
      paramLabel = "json|table",
      defaultValue = "json",
      description = "How to write the ranking; json is the default.")
  Format format = Format.JSON;

  @Option(
      names = "--max-pixels",
      paramLabel = "N",
      description = "Largest area of a picture; the checkpoint's own if left out.")
  @Nullable Integer maxPixels;

  @Option(
      names = {"--max-model-len", "--max-tokens"},
      paramLabel = "N",
      description = "Longest prompt accepted; the checkpoint's own limit if left out.")
  @Nullable Integer maxTokens;

  @Option(names = "--show-prompt", description = "Show the prompts on standard error.")
  boolean showPrompt;

  @Mixin MediaOptions media = new MediaOptions();

  @Mixin OpeningOptions opening = new OpeningOptions();

  private final Streams streams;
  private final RerankerOpener opener;
  private final Map<String, String> environment;

  RerankCommand(Streams streams, RerankerOpener opener, Map<String, String> environment) {
    this.streams = streams;
    this.opener = opener;
    this.environment = environment;
  }

  @Override
  public Integer call() throws InterruptedException {
    RerankerOptions options = options();
    requests.check();
    if (input != null && batch.isLines(input)) {
      return lines(input, options);
    }
    Job job = job();
    Path file = outputPath();
    try (Reranker opened = open(located(), options)) {
      if (showPrompt) {
        showPrompts(opened, job.request());
      }
      List<RankedDocument> ranked =
          Progress.during(
              streams,
              "ranking %d documents".formatted(job.echoes().size()),
              () -> opened.rerank(job.request()));
      write(job, ranked, opened.precision(), file);
    }
    return 0;
  }

  private int lines(String input, RerankerOptions options) {
    refuseWithInput();
    if (showPrompt || format != Format.JSON) {
      throw new CliException("JSON Lines exclude --show-prompt and --format table");
    }
    ImageUrls images = ImageUrls.anyFile(new MediaFetcher(media.settings(environment)));
    return new RerankLines(streams, model, options, batch, requests, images)
        .run(
            input,
            outputPath(),
            () -> {
              String located = located();
              String fingerprint = ModelFingerprint.of(located);
              return new RerankLines.Opened(open(located, options), fingerprint);
            });
  }

  private String located() {
    return new ModelLocator(streams).locate(model);
  }

  private Reranker open(String located, RerankerOptions options) {
    return Progress.during(streams, "opening " + model, () -> opener.open(located, options));
  }

  private RerankerOptions options() {
    if (opening.officialPixels && maxPixels != null) {
      throw new CliException("--official-pixels and --max-pixels exclude each other");
    }
    PixelBudget pixels =
        opening.officialPixels
            ? PixelBudget.OFFICIAL_SCRIPT
            : maxPixels == null
                ? PixelBudget.CHECKPOINT
                : PixelBudget.atMost(OpeningOptions.positive("--max-pixels", maxPixels));
    return RerankerOptions.DEFAULT.withModel(
        opening
            .options()
            .withPixelBudget(pixels)
            .withMaxTokens(OpeningOptions.positive("--max-model-len", maxTokens)));
  }

  private Job job() throws InterruptedException {
    Job job = input == null ? jobFromOptions() : jobFromInput(input);
    return new Job(
        requests.adjust(job.request()),
        job.echoes(),
        requests.topN(job.topN()),
        job.probabilities());
  }

  private Job jobFromInput(String name) throws InterruptedException {
    refuseWithInput();
    // Who names files without a limit needs none for URLs.
    MediaFetcher fetcher =
        new MediaFetcher(media.settings(environment).withMaxTotalBytes(Long.MAX_VALUE));
    byte[] body = readInput(name);
    if (new String(body, StandardCharsets.UTF_8).isBlank()) {
      throw new CliException(
          "--input: %s is empty; expected a request in JSON (--jsonl: any number of lines)"
              .formatted(name));
    }
    return Job.read(body, ImageUrls.anyFile(fetcher), opening.limits.limits());
  }

  private void refuseWithInput() {
    if (query != null || documents != null) {
      throw new CliException("--input excludes --query, --document and --image");
    }
  }

  private byte[] readInput(String name) {
    try {
      return name.equals("-") ? streams.in().readAllBytes() : Files.readAllBytes(Path.of(name));
    } catch (NoSuchFileException e) {
      throw new CliException("--input: no such file: " + name, e);
    } catch (IOException e) {
      throw new CliException("--input: cannot read " + name + ": " + Errors.message(e), e);
    } catch (InvalidPathException e) {
      throw new CliException("--input: not a path: " + name, e);
    }
  }

  private Job jobFromOptions() {
    if (query == null) {
      throw new CliException(
          "nothing to rank: give --input, or --query with --document or --image");
    }
    if (documents == null) {
      throw new CliException("no documents: give --document or --image");
    }
    List<Content> contents = new ArrayList<>();
    List<JsonNode> echoes = new ArrayList<>();
    for (DocumentOption option : documents) {
      if (option.image != null) {
        contents.add(Content.of(image(option.image)));
        echoes.add(imageEcho(option.image));
      } else if (option.document != null) {
        contents.add(Content.text(option.document));
        echoes.add(JsonNodeFactory.instance.stringNode(option.document));
      }
    }
    return new Job(RerankRequest.of(Content.text(query), contents), echoes, 0, true);
  }

  private static Part image(String file) {
    try {
      return ImageUrls.file(file, "--image");
    } catch (ApiException e) {
      throw Job.refused(e);
    }
  }

  private static JsonNode imageEcho(String file) {
    JsonNodeFactory json = JsonNodeFactory.instance;
    return json.arrayNode()
        .add(
            json.objectNode()
                .put("type", "image_url")
                .set("image_url", json.objectNode().put("url", file)));
  }

  private void showPrompts(Reranker opened, RerankRequest request) {
    for (int i = 0; i < request.documents().size(); i++) {
      streams.err().println("--- prompt of document " + i + " ---");
      streams.err().println(opened.renderPrompt(request, i));
    }
    streams.err().flush();
  }

  private void write(
      Job job, List<RankedDocument> ranked, Precision precision, @Nullable Path file) {
    // JSON is UTF-8 whatever a console speaks.
    Charset charset =
        format == Format.JSON || file != null ? StandardCharsets.UTF_8 : streams.out().charset();
    String text =
        format == Format.JSON ? json(job, ranked) : table(job, ranked) + "dtype: " + precision;
    byte[] answer = (text + System.lineSeparator()).getBytes(charset);
    if (file == null) {
      streams.out().writeBytes(answer);
      streams.out().flush();
      return;
    }
    try {
      Files.write(file, answer);
    } catch (IOException e) {
      throw new CliException("--output: cannot write " + file + ": " + Errors.message(e), e);
    }
  }

  private String json(Job job, List<RankedDocument> ranked) {
    return new String(
        Json.write(
            RerankAnswer.of(
                "score-" + Ids.random(),
                model,
                ranked,
                job.echoes(),
                job.topN(),
                job.probabilities())),
        StandardCharsets.UTF_8);
  }

  /** Where the answer goes, or null for standard output; found out before a model is opened. */
  private @Nullable Path outputPath() {
    if (output == null || output.equals("-")) {
      return null;
    }
    try {
      Path path = Path.of(output);
      Path directory = path.toAbsolutePath().getParent();
      if (output.isEmpty() || Files.isDirectory(path)) {
        throw new CliException("--output: not a file: " + output);
      }
      if (directory != null && !Files.isDirectory(directory)) {
        throw new CliException("--output: no such directory: " + directory);
      }
      return path;
    } catch (InvalidPathException e) {
      throw new CliException("--output: not a path: " + output, e);
    }
  }

  private static String table(Job job, List<RankedDocument> ranked) {
    Table table = new Table("rank", "score", "logit", "index", "document");
    for (int rank = 0; rank < job.shown(ranked.size()); rank++) {
      RankedDocument result = ranked.get(rank);
      table.add(
          Integer.toString(rank + 1),
          Table.score(result.score()),
          Table.logit(result.logit()),
          Integer.toString(result.index()),
          preview(job.echoes().get(result.index())));
    }
    return table.render("");
  }

  private static String preview(JsonNode echo) {
    if (echo.isString()) {
      return Table.preview(echo.stringValue());
    }
    StringBuilder preview = new StringBuilder();
    for (JsonNode part : echo.values()) {
      JsonNode image = part.path("image_url");
      String url = image.isString() ? image.stringValue() : image.path("url").stringValue("");
      preview
          .append(part.has("text") ? part.path("text").stringValue("") : "[" + picture(url) + "]")
          .append(' ');
    }
    return Table.preview(preview.toString());
  }

  private static String picture(String url) {
    return url.startsWith("data:") ? "picture" : url;
  }
}
