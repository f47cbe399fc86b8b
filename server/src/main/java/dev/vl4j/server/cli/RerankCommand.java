package dev.vl4j.server.cli;

import dev.vl4j.engine.Content;
import dev.vl4j.engine.Part;
import dev.vl4j.engine.RankedDocument;
import dev.vl4j.engine.RerankRequest;
import dev.vl4j.engine.Reranker;
import dev.vl4j.engine.RerankerOptions;
import dev.vl4j.server.api.ImageUrls;
import dev.vl4j.server.api.RerankAnswer;
import dev.vl4j.server.batch.RerankTask;
import dev.vl4j.server.cli.DocumentArguments.Argument;
import dev.vl4j.server.cli.DocumentArguments.Images;
import dev.vl4j.server.cli.DocumentArguments.Pages;
import dev.vl4j.server.cli.DocumentArguments.Text;
import dev.vl4j.server.cli.DocumentArguments.VideoFile;
import dev.vl4j.server.cli.RankingText.Format;
import dev.vl4j.server.media.MediaFetcher;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/** Ranks the documents of one request, or of each line of a file. */
@Command(
    name = "rerank",
    sortOptions = false,
    customSynopsis = {
      "vl4j rerank [OPTIONS] --query TEXT [--image FILE...] [--document TEXT]",
      "       vl4j rerank [OPTIONS] --input FILE [--output FILE]",
      ""
    },
    description = {
      "Rank texts and images against a query, best first.",
      "",
      "The images of a folder, as a table:",
      "  vl4j rerank --model Qwen/Qwen3-VL-Reranker-2B --query \"a red car\" \\",
      "      --image photos/ --top-n 10 --format table",
      "Those of all folders in it, as tab-separated values in a file:",
      "  vl4j rerank --model Qwen/Qwen3-VL-Reranker-2B --query \"a red car\" \\",
      "      --image 'photos/**' --format tsv --output ranking.tsv",
      "Many requests, one on each line, in a run that can be killed and continued:",
      "  vl4j rerank --model Qwen/Qwen3-VL-Reranker-2B \\",
      "      --input requests.jsonl --output answers.jsonl",
      ""
    },
    footerHeading = "%nExit codes:%n",
    footer = {
      "  0    all is done",
      "  1    unexpected failure; with JSON Lines, the answers so far stay",
      "  2    refused, as when an image cannot be read; with JSON Lines, all is done",
      "       but some answers are errors",
      "  130, 143  ended by SIGINT or SIGTERM; the same command continues JSON Lines"
    })
final class RerankCommand implements Callable<Integer> {
  @Option(
      names = "--model",
      paramLabel = "MODEL",
      defaultValue = ModelOpener.DEMO,
      description =
          "Checkpoint directory, a hub's model id such as Qwen/Qwen3-VL-Reranker-2B, or demo for"
              + " the embedded model (the default).")
  String model = ModelOpener.DEMO;

  @Option(names = "--query", paramLabel = "TEXT", description = "The query.")
  @Nullable String query;

  @Mixin DocumentArguments documents = new DocumentArguments();

  @Option(
      names = "--pages-together",
      description = "The pages of each file of --document-file are one document.")
  boolean pagesTogether;

  @Mixin RequestOptions requests = new RequestOptions();

  @Option(
      names = "--format",
      paramLabel = "json|table|tsv",
      description =
          "How to write the ranking: as the answer of /v1/rerank (the default), as a table, or as"
              + " tab-separated values with all digits (the default for an --output that ends in"
              + " .tsv).")
  @Nullable Format format;

  @Option(
      names = "--input",
      paramLabel = "FILE",
      description =
          "Body of a /v1/rerank request as JSON; or JSON Lines, each a body of /v1/rerank or"
              + " /v1/score or a line of vllm run-batch; - for standard input.")
  @Nullable String input;

  @Option(
      names = "--output",
      paramLabel = "FILE",
      description =
          "Where the answer goes, or one line for each line; standard output if left out or -.")
  @Nullable String output;

  @Mixin BatchOptions batch = new BatchOptions();

  @Mixin PromptSizeOptions sizes = new PromptSizeOptions();

  @Option(
      names = "--max-length",
      paramLabel = "N",
      description =
          "Cut longer prompts as Qwen's own script does: images stay, texts lose their ends. Without"
              + " it they are refused.")
  @Nullable Integer maxLength;

  @Option(names = "--show-prompt", description = "Show the prompts on standard error.")
  boolean showPrompt;

  @Mixin MediaOptions media = new MediaOptions();

  @Mixin OpeningOptions opening = new OpeningOptions();

  private final Streams streams;
  private final ModelOpener opener;
  private final Map<String, String> environment;

  RerankCommand(Streams streams, ModelOpener opener, Map<String, String> environment) {
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
    Path file = OutputPath.of(output);
    RankingProgress progress =
        new RankingProgress(job.request().documents().size(), System::nanoTime);
    RerankerOptions observed = options.withModel(options.model().withObserver(progress));
    try (Reranker opened = open(located(), observed)) {
      if (showPrompt) {
        showPrompts(opened, job.request());
      }
      progress.begin();
      List<RankedDocument> ranked =
          Progress.reported(streams, progress::describe, () -> opened.rerank(job.request()));
      write(new RankingText(model, opened.precision(), job, ranked).of(format()), file);
    }
    return 0;
  }

  private int lines(String input, RerankerOptions options) {
    refuseWithInput();
    if (showPrompt || (format != null && format != Format.JSON)) {
      throw new CliException("JSON Lines exclude --show-prompt, --format table and --format tsv");
    }
    ImageUrls images = InputImages.beside(input, new MediaFetcher(media.settings(environment)));
    return new LinesRun(streams, batch)
        .run(
            LinesInput.of(input, streams),
            OutputPath.of(output),
            () -> {
              String located = located();
              RunFingerprint fingerprint = new RunFingerprint(model, located, options.model());
              Reranker opened = open(located, options);
              return new LinesRun.Opened(
                  opened,
                  task(
                      opened, images, fingerprint.of(opened, options.template(), command(options))),
                  _ -> {});
            });
  }

  private RerankTask task(Reranker opened, ImageUrls images, String fingerprint) {
    return new RerankTask(
        opened,
        new RerankTask.Settings(
            model, images, requests::adjust, !requests.noDocuments, requests::topN, fingerprint),
        InstantSource.system());
  }

  /** What these options say of answers. */
  private String command(RerankerOptions options) {
    String said = requests.fingerprint();
    return options.maxLength() == 0 ? said : said + ", cut at " + options.maxLength();
  }

  private Format format() {
    if (format != null) {
      return format;
    }
    boolean tsv = output != null && output.toLowerCase(Locale.ROOT).endsWith(".tsv");
    return tsv ? Format.TSV : Format.JSON;
  }

  private String located() {
    return new ModelLocator(streams).locate(model);
  }

  private Reranker open(String located, RerankerOptions options) {
    return Progress.during(streams, "opening " + model, () -> opener.open(located, options));
  }

  private RerankerOptions options() {
    return RerankerOptions.DEFAULT
        .withModel(sizes.options(opening))
        .withMaxLength(OpeningOptions.positive("--max-length", maxLength));
  }

  private Job job() throws InterruptedException {
    Job job = input == null ? jobFromOptions() : jobFromInput(input);
    return new Job(
        requests.adjust(job.request()),
        requests.noDocuments ? RerankAnswer.noEchoes(job.echoes().size()) : job.echoes(),
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
    return Job.read(body, InputImages.beside(name, fetcher), opening.limits.limits());
  }

  private void refuseWithInput() {
    if (query != null || !documents.given().isEmpty()) {
      throw new CliException("--input excludes --query and documents");
    }
  }

  private byte[] readInput(String name) {
    try (InputStream in = LinesInput.of(name, streams).open()) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new CliException("--input: cannot read " + name + ": " + Errors.message(e), e);
    }
  }

  private Job jobFromOptions() {
    if (query == null) {
      throw new CliException(
          "nothing to rank: give --input, or --query with --document or --image");
    }
    List<Content> contents = new ArrayList<>();
    List<JsonNode> echoes = new ArrayList<>();
    for (Argument argument : documents.given()) {
      switch (argument) {
        case Text(String text) -> {
          contents.add(Content.text(text));
          echoes.add(JsonNodeFactory.instance.stringNode(text));
        }
        case Images(String pattern) -> {
          for (String file : ImagePattern.files(pattern)) {
            contents.add(Content.of(DocumentFiles.image(file)));
            echoes.add(echo("image_url", file));
          }
        }
        case VideoFile(String file) -> {
          contents.add(Content.of(DocumentFiles.video(file)));
          echoes.add(echo("video_url", file));
        }
        case Pages(String file) -> addPages(file, contents, echoes);
      }
    }
    if (contents.isEmpty()) {
      throw new CliException("no documents: give --document or --image");
    }
    return new Job(RerankRequest.of(Content.text(query), contents), echoes, 0, true);
  }

  private void addPages(String file, List<Content> contents, List<JsonNode> echoes) {
    List<Part> pages = DocumentFiles.pages(file);
    if (pagesTogether) {
      contents.add(new Content(pages));
      echoes.add(echo("image_url", file));
      return;
    }
    for (int i = 0; i < pages.size(); i++) {
      contents.add(Content.of(pages.get(i)));
      echoes.add(echo("image_url", DocumentFiles.pageName(file, i + 1)));
    }
  }

  private static JsonNode echo(String type, String file) {
    JsonNodeFactory json = JsonNodeFactory.instance;
    return json.arrayNode()
        .add(json.objectNode().put("type", type).set(type, json.objectNode().put("url", file)));
  }

  private void showPrompts(Reranker opened, RerankRequest request) {
    for (int i = 0; i < request.documents().size(); i++) {
      streams.err().println("--- prompt of document " + i + " ---");
      streams.err().println(opened.renderPrompt(request, i));
    }
    streams.err().flush();
  }

  private void write(String text, @Nullable Path file) {
    // What other programs read is UTF-8 whatever a console speaks.
    Charset charset =
        format() == Format.TABLE && file == null ? streams.out().charset() : StandardCharsets.UTF_8;
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
}
