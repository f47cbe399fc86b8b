package dev.vl4j.server.cli;

import dev.vl4j.engine.Embedder;
import dev.vl4j.engine.EmbedderOptions;
import dev.vl4j.engine.ModelOptions;
import dev.vl4j.search.FileFailure;
import dev.vl4j.search.IndexMode;
import dev.vl4j.search.IndexReport;
import dev.vl4j.search.IndexSettings;
import dev.vl4j.search.Indexer;
import dev.vl4j.search.SearchIndex;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Brings an index to what a folder holds. */
@Command(
    name = "index",
    sortOptions = false,
    customSynopsis = {"vl4j search index DIR --into INDEX [--model MODEL] [OPTIONS]", ""},
    description = {
      "Embed the texts, images, PDF pages and videos of a folder and its folders.",
      "",
      "  vl4j search index photos/ --into photos.index \\",
      "      --model Qwen/Qwen3-VL-Embedding-2B",
      "",
      "The same command again embeds what is new or has changed, and forgets what is",
      "gone. A run that was killed goes on from where it was three seconds before.",
      ""
    },
    footerHeading = "%nExit codes:%n",
    footer = {
      "  0    all is done",
      "  1    unexpected failure; what is indexed so far stays",
      "  2    refused; or all is done, but some files could not be read",
      "  130, 143  ended by SIGINT or SIGTERM; the same command continues"
    })
final class SearchIndexCommand implements Callable<Integer> {
  @Parameters(
      paramLabel = "DIR",
      description =
          "The folder. Texts are files named .txt, .text, .md, .markdown, .rst or .adoc, in UTF-8;"
              + " images are .png, .jpg, .gif, .bmp, .tif, .webp and their like; pages those of .pdf;"
              + " videos .mp4, .m4v, .mov, .mkv, .webm and .avi. Names that begin with a dot are left"
              + " out, and links to folders are not followed.")
  Path folder = Path.of("");

  @Option(
      names = "--into",
      required = true,
      paramLabel = "INDEX",
      description = "The index: a folder that is made, or was made by this command.")
  Path index = Path.of("");

  @Option(
      names = "--model",
      paramLabel = "MODEL",
      description =
          "Embedding model: a checkpoint directory, or a hub's model id such as"
              + " Qwen/Qwen3-VL-Embedding-2B. Left out, it is the one that made the index, or"
              + " demo-embedder for a new index.")
  @Nullable String model;

  @Option(
      names = "--instruction",
      paramLabel = "TEXT",
      description = "What the vectors are for; the model's own instruction if left out.")
  @Nullable String instruction;

  @Option(
      names = "--piece-length",
      paramLabel = "N",
      description =
          "Longer texts are cut in pieces of N characters at most, between paragraphs or sentences"
              + " where these allow; 2000 if left out.")
  int pieceLength = IndexSettings.DEFAULT_PIECE_LENGTH;

  @Option(names = "--moved", description = "The indexed folder has another path than before.")
  boolean moved;

  @Option(
      names = "--overwrite",
      description =
          "Make the index anew. Left out, one of another model, folder or options is refused.")
  boolean overwrite;

  @Mixin PromptSizeOptions sizes = new PromptSizeOptions();

  @Mixin OpeningOptions opening = new OpeningOptions();

  private final Streams streams;
  private final ModelOpener opener;

  SearchIndexCommand(Streams streams, ModelOpener opener) {
    this.streams = streams;
    this.opener = opener;
  }

  @Override
  public Integer call() {
    if (moved && overwrite) {
      throw new CliException("--moved and --overwrite exclude each other");
    }
    if (pieceLength < IndexSettings.LEAST_PIECE_LENGTH) {
      throw new CliException(
          "--piece-length: expected %d or more, found %d"
              .formatted(IndexSettings.LEAST_PIECE_LENGTH, pieceLength));
    }
    ModelOptions options = sizes.options(opening);
    String named = SearchModel.named(model == null ? ofIndex() : model, opening);
    String located = new ModelLocator(streams).locate(named);
    IndexSettings settings =
        new IndexSettings(
            named,
            RunFingerprint.files(located, options.lora()),
            RunFingerprint.pictures(options),
            instruction,
            pieceLength);
    IndexMode mode = overwrite ? IndexMode.ANEW : moved ? IndexMode.MOVED : IndexMode.CONTINUE;
    // The index goes first: what is wrong with it is told before a model is opened in vain.
    try (StopOnSignal signal = new StopOnSignal();
        Indexer indexer = Indexer.open(index, settings, mode);
        Embedder embedder =
            Progress.during(
                streams,
                "opening " + named,
                () -> opener.openEmbedder(located, EmbedderOptions.DEFAULT.withModel(options)))) {
      signal.set(indexer::stop);
      IndexingProgress progress = new IndexingProgress(System::nanoTime);
      IndexReport report =
          Progress.reported(
              streams, progress::describe, () -> indexer.update(folder, embedder, progress));
      return tell(report, progress);
    }
  }

  /** What made the index, or the embedded model. */
  private String ofIndex() {
    if (overwrite || !SearchIndex.isThere(index)) {
      return ModelOpener.DEMO_EMBEDDER;
    }
    try (SearchIndex opened = SearchIndex.open(index)) {
      return opened.settings().model();
    }
  }

  private int tell(IndexReport report, IndexingProgress progress) {
    for (FileFailure failure : report.failures()) {
      streams
          .err()
          .printf(
              "vl4j: %s: %s%n", Errors.oneLine(failure.path()), Errors.oneLine(failure.reason()));
    }
    streams.err().println("vl4j: " + progress.summary(report));
    if (!report.complete()) {
      streams.err().println("vl4j: stopped before the end; the same command continues");
    }
    streams.err().flush();
    if (!report.complete()) {
      return Errors.UNEXPECTED; // the signal's own exit code goes before this
    }
    return report.failures().isEmpty() ? 0 : Errors.REFUSED;
  }
}
