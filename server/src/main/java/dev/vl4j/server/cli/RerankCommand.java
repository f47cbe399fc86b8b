package dev.vl4j.server.cli;

import dev.vl4j.engine.Content;
import dev.vl4j.engine.Part;
import dev.vl4j.engine.PixelBudget;
import dev.vl4j.engine.Precision;
import dev.vl4j.engine.Ranked;
import dev.vl4j.engine.RerankRequest;
import dev.vl4j.engine.RerankerOptions;
import dev.vl4j.server.api.ApiException;
import dev.vl4j.server.api.Ids;
import dev.vl4j.server.api.ImageUrls;
import dev.vl4j.server.api.Json;
import dev.vl4j.server.api.RerankAnswer;
import dev.vl4j.server.media.MediaFetcher;
import java.io.IOException;
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

/** Ranks the documents of one request. */
@Command(
    name = "rerank",
    sortOptions = false,
    description = "Rank documents of text and pictures against a query.")
final class RerankCommand implements Callable<Integer> {
  /** How the ranking is written. */
  enum Output {
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
      defaultValue = EngineModel.DEMO,
      description =
          "Checkpoint directory, a hub's model id such as Qwen/Qwen3-VL-Reranker-2B, or demo for"
              + " the embedded model (the default).")
  String model = EngineModel.DEMO;

  @Option(
      names = "--input",
      paramLabel = "FILE",
      description = "Body of a /v1/rerank request as JSON; - for standard input.")
  @Nullable String input;

  @Option(names = "--query", paramLabel = "TEXT", description = "The query.")
  @Nullable String query;

  @ArgGroup(multiplicity = "0..*")
  @Nullable List<DocumentOption> documents;

  @Option(
      names = "--instruction",
      paramLabel = "TEXT",
      description = "What counts as relevant; goes before the request's own.")
  @Nullable String instruction;

  @Option(
      names = "--top-n",
      paramLabel = "N",
      description = "Show only the best N; goes before the request's own.")
  @Nullable Integer topN;

  @Option(
      names = "--output",
      paramLabel = "json|table",
      defaultValue = "json",
      description = "How to write the ranking; json is the default.")
  Output output = Output.JSON;

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

  @Option(
      names = "--max-tokens-per-query",
      paramLabel = "N",
      description =
          "Cut the query's texts after N tokens, 0 for never; goes before the request's own.")
  @Nullable Integer maxQueryTokens;

  @Option(
      names = "--max-tokens-per-doc",
      paramLabel = "N",
      description =
          "Cut each document's texts after N tokens, 0 for never; goes before the request's own.")
  @Nullable Integer maxDocumentTokens;

  @Option(
      names = "--parse-special-tokens",
      description = "Control-token strings in the texts act as control tokens.")
  boolean parseSpecialTokens;

  @Option(names = "--show-prompt", description = "Show the prompts on standard error.")
  boolean showPrompt;

  @Mixin MediaOptions media = new MediaOptions();

  @Mixin ModelOptions opening = new ModelOptions();

  private final Streams streams;
  private final RankingModel.Opener opener;
  private final Map<String, String> environment;

  RerankCommand(Streams streams, RankingModel.Opener opener, Map<String, String> environment) {
    this.streams = streams;
    this.opener = opener;
    this.environment = environment;
  }

  @Override
  public Integer call() throws InterruptedException {
    RerankerOptions options = options();
    Job job = job();
    try (RankingModel opened = open(options)) {
      if (showPrompt) {
        showPrompts(opened, job.request());
      }
      List<Ranked> ranked =
          Progress.during(
              streams,
              "ranking %d documents".formatted(job.echoes().size()),
              () -> opened.rerank(job.request()));
      write(job, ranked, opened.precision());
    }
    return 0;
  }

  private RankingModel open(RerankerOptions options) {
    String located = new ModelLocator(streams).locate(model);
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
                : PixelBudget.max(ModelOptions.positive("--max-pixels", maxPixels));
    return opening
        .options()
        .withPixelBudget(pixels)
        .withMaxTokens(ModelOptions.positive("--max-model-len", maxTokens));
  }

  private Job job() throws InterruptedException {
    Job job = input == null ? jobFromOptions() : jobFromInput(input);
    RerankRequest request = job.request().withParseSpecialTokens(parseSpecialTokens);
    if (instruction != null) {
      request = request.withInstruction(instruction);
    }
    int queryTokens = count("--max-tokens-per-query", maxQueryTokens, request.maxQueryTokens());
    int documentTokens =
        count("--max-tokens-per-doc", maxDocumentTokens, request.maxDocumentTokens());
    return new Job(
        request.withMaxQueryTokens(queryTokens).withMaxDocumentTokens(documentTokens),
        job.echoes(),
        count("--top-n", topN, job.topN()),
        job.probabilities());
  }

  /** An option's number, or the request's own if it was left out. */
  private static int count(String option, @Nullable Integer value, int own) {
    if (value != null && value < 0) {
      throw new CliException(option + ": expected a number of 0 or more, found " + value);
    }
    return value == null ? own : value;
  }

  private Job jobFromInput(String name) throws InterruptedException {
    if (query != null || documents != null) {
      throw new CliException("--input excludes --query, --document and --image");
    }
    // Who names files without a limit needs none for URLs.
    MediaFetcher fetcher =
        new MediaFetcher(media.settings(environment).withMaxTotalBytes(Long.MAX_VALUE));
    return Job.read(readInput(name), ImageUrls.anyFile(fetcher));
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

  private void showPrompts(RankingModel opened, RerankRequest request) {
    for (int i = 0; i < request.documents().size(); i++) {
      streams.err().println("--- prompt of document " + i + " ---");
      streams.err().println(opened.renderPrompt(request, i));
    }
    streams.err().flush();
  }

  private void write(Job job, List<Ranked> ranked, Precision precision) {
    if (output == Output.JSON) {
      // Bytes, because JSON is UTF-8 whatever the terminal speaks.
      streams
          .out()
          .writeBytes(
              Json.write(
                  RerankAnswer.of(
                      "score-" + Ids.random(),
                      model,
                      ranked,
                      job.echoes(),
                      job.topN(),
                      job.probabilities())));
      streams.out().println();
    } else {
      streams.out().print(table(job, ranked));
      streams.out().println("dtype: " + precision);
    }
    streams.out().flush();
  }

  private static String table(Job job, List<Ranked> ranked) {
    Table table = new Table("rank", "score", "logit", "index", "document");
    for (int rank = 0; rank < job.shown(ranked.size()); rank++) {
      Ranked result = ranked.get(rank);
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
