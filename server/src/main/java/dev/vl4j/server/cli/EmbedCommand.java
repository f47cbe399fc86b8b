package dev.vl4j.server.cli;

import dev.vl4j.engine.Embedder;
import dev.vl4j.engine.EmbedderOptions;
import dev.vl4j.server.api.ImageUrls;
import dev.vl4j.server.api.VectorForm;
import dev.vl4j.server.batch.EmbedTask;
import dev.vl4j.server.media.MediaFetcher;
import java.time.InstantSource;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Turns the lines of a file, or images and texts that are named, into vectors. */
@Command(
    name = "embed",
    sortOptions = false,
    customSynopsis = {
      "vl4j embed [MODEL] [OPTIONS] --input FILE [--output FILE]",
      "       vl4j embed [MODEL] [OPTIONS] [--image FILE...] [--document TEXT]",
      "                  [--output FILE]",
      ""
    },
    description = {
      "Turn texts and images into vectors, in a run that can be killed and continued.",
      "",
      "Each line of a file, as a NumPy array:",
      "  vl4j embed Qwen/Qwen3-VL-Embedding-2B --input items.jsonl --output vectors.npy",
      "The images of a folder, as a table of Parquet with their names:",
      "  vl4j embed Qwen/Qwen3-VL-Embedding-2B --image photos/ --output photos.parquet",
      "Queries, with an instruction and shorter vectors, in JSON Lines:",
      "  vl4j embed Qwen/Qwen3-VL-Embedding-2B --input queries.txt \\",
      "      --instruction \"Retrieve images relevant to the query.\" \\",
      "      --dimensions 1024 --output queries.jsonl",
      "",
      "A line of JSON Lines is \"a text\", {\"text\": ...}, {\"image\": ...}, or a body of",
      "/v1/embeddings with one input, each with a custom_id if you like.",
      "What cannot be read is a row of NaN, null in Parquet, so rows stay in order.",
      "FILE.rows.jsonl beside an array or a table names the rows; keep it to continue.",
      ""
    },
    footerHeading = "%nExit codes:%n",
    footer = {
      "  0    all is done",
      "  1    unexpected failure; the vectors so far stay",
      "  2    refused; or all is done, but some rows are errors",
      "  130, 143  ended by SIGINT or SIGTERM; the same command continues"
    })
final class EmbedCommand implements Callable<Integer> {
  @Parameters(
      arity = "0..1",
      paramLabel = "MODEL",
      description =
          "Checkpoint directory, a hub's model id such as Qwen/Qwen3-VL-Embedding-2B, or"
              + " demo-embedder for the embedded model (the default).")
  @Nullable String model;

  @Option(
      names = "--model",
      paramLabel = "MODEL",
      description = "The same as an option, as vl4j rerank has it.")
  @Nullable String modelOption;

  @Option(
      names = "--input",
      paramLabel = "FILE",
      description =
          "What to embed: JSON Lines (.jsonl, .ndjson), or a text on each line (.txt); - for JSON"
              + " Lines from standard input.")
  @Nullable String input;

  @Mixin DocumentArguments arguments = new DocumentArguments();

  @Option(
      names = "--output",
      paramLabel = "FILE",
      description =
          "Where the vectors go, in the order of the input; the name's end is the format: .jsonl or"
              + " .ndjson, .npy, .parquet, .tsv. JSON Lines on standard output if left out or -.")
  @Nullable String output;

  @Mixin EmbedOptions vectors = new EmbedOptions();

  @Mixin BatchOptions batch = new BatchOptions();

  @Mixin PromptSizeOptions sizes = new PromptSizeOptions();

  @Mixin MediaOptions media = new MediaOptions();

  @Mixin OpeningOptions opening = new OpeningOptions();

  private final Streams streams;
  private final ModelOpener opener;
  private final Map<String, String> environment;

  EmbedCommand(Streams streams, ModelOpener opener, Map<String, String> environment) {
    this.streams = streams;
    this.opener = opener;
    this.environment = environment;
  }

  @Override
  public Integer call() {
    vectors.check();
    String named = model();
    EmbedderOptions options = EmbedderOptions.DEFAULT.withModel(sizes.options(opening));
    VectorOutput written = VectorOutput.of(OutputPath.of(output));
    if (written.format() != null && form() == VectorForm.BASE64) {
      throw new CliException("--encoding base64 is for JSON Lines; " + output + " needs none");
    }
    LinesInput lines = lines();
    ImageUrls images =
        InputImages.beside(
            input == null ? LinesInput.STDIN : input,
            new MediaFetcher(media.settings(environment)));
    lines.refuse(written.target());
    written.check(batch.overwrite);
    return new LinesRun(streams, batch)
        .run(lines, written.lines(), () -> open(named, options, images, written));
  }

  private LinesRun.Opened open(
      String named, EmbedderOptions options, ImageUrls images, VectorOutput written) {
    String located = new ModelLocator(streams).locate(named);
    RunFingerprint fingerprint = new RunFingerprint(named, located, options.model());
    Embedder opened =
        Progress.during(streams, "opening " + named, () -> opener.openEmbedder(located, options));
    try {
      int dimensions = vectors.dimensionsOf(opened.dimensions());
      int rowDimensions = written.format() == null ? 0 : dimensions;
      VectorForm form = rowDimensions == 0 ? vectors.encoding : form();
      String command =
          "%s, %s, %s"
              .formatted(
                  vectors.fingerprint(form),
                  isText() ? "lines of text" : "lines of JSON",
                  rowDimensions == 0 ? "no rows" : "rows of " + rowDimensions);
      EmbedTask.Settings settings =
          new EmbedTask.Settings(
              named,
              images,
              isText(),
              vectors::adjust,
              form,
              rowDimensions,
              fingerprint.of(opened, options.template(), command));
      return new LinesRun.Opened(
          opened,
          new EmbedTask(opened, settings, InstantSource.system()),
          count ->
              Progress.reporting(
                  streams,
                  () -> "writing " + output,
                  () -> written.finish(count, dimensions, form())));
    } catch (CliException e) {
      opened.close();
      throw e;
    }
  }

  /** The form of vectors in rows. */
  private VectorForm form() {
    return Objects.requireNonNullElse(vectors.encoding, VectorForm.FLOAT);
  }

  private String model() {
    if (model != null && modelOption != null) {
      throw new CliException("MODEL and --model exclude each other");
    }
    String named = model == null ? modelOption : model;
    if (opening.role == OpeningOptions.Role.RERANKER) {
      throw new CliException("--as reranker: vl4j embed opens embedders");
    }
    return named == null ? ModelOpener.DEMO_EMBEDDER : named;
  }

  private LinesInput lines() {
    if (input != null && !arguments.given().isEmpty()) {
      throw new CliException("--input excludes --document and --image");
    }
    if (input == null) {
      return EmbedArguments.lines(arguments.given());
    }
    if (!isText() && !batch.isLines(input) && !input.equals(LinesInput.STDIN)) {
      throw new CliException(
          "--input: expected a name that ends in .jsonl, .ndjson or .txt, found %s (--jsonl: it is"
                  .formatted(input)
              + " JSON Lines)");
    }
    return LinesInput.of(input, streams);
  }

  /** Whether lines are texts, and no JSON. */
  private boolean isText() {
    return input != null && !batch.jsonl && input.toLowerCase(Locale.ROOT).endsWith(".txt");
  }
}
