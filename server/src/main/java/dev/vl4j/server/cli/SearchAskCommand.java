package dev.vl4j.server.cli;

import dev.vl4j.engine.Content;
import dev.vl4j.engine.Embedder;
import dev.vl4j.engine.EmbedderOptions;
import dev.vl4j.engine.ModelOptions;
import dev.vl4j.engine.Part;
import dev.vl4j.engine.Reranker;
import dev.vl4j.engine.RerankerOptions;
import dev.vl4j.search.EntryKind;
import dev.vl4j.search.SearchAnswer;
import dev.vl4j.search.SearchIndex;
import dev.vl4j.search.SearchPage;
import dev.vl4j.search.SearchRequest;
import dev.vl4j.server.api.ApiException;
import dev.vl4j.server.api.ImageUrls;
import dev.vl4j.server.cli.SearchAnswerText.Format;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Asks an index. */
@Command(
    name = "ask",
    sortOptions = false,
    customSynopsis = {"vl4j search ask INDEX [QUESTION] [--image FILE] [OPTIONS]", ""},
    description = {
      "Find the texts and images that answer a question.",
      "",
      "By vectors, and then judged by a reranker, as a table and as a page:",
      "  vl4j search ask photos.index \"a red car\" \\",
      "      --reranker Qwen/Qwen3-VL-Reranker-2B --html answer.html",
      "Images that look like one, by vectors alone:",
      "  vl4j search ask photos.index --image car.jpg --kind image",
      ""
    },
    footerHeading = "%nExit codes:%n",
    footer = {"  0    there is an answer", "  1    unexpected failure", "  2    refused"})
final class SearchAskCommand implements Callable<Integer> {
  private static final int DEFAULT_TOP = 10;

  @Parameters(index = "0", paramLabel = "INDEX", description = "What vl4j search index has made.")
  Path index = Path.of("");

  @Parameters(index = "1", arity = "0..1", paramLabel = "QUESTION", description = "A text.")
  @Nullable String question;

  @Option(
      names = "--image",
      paramLabel = "FILE",
      description = "An image to ask with, alone or beside the text; repeatable.")
  List<String> images = new ArrayList<>();

  @Option(
      names = "--reranker",
      paramLabel = "MODEL",
      description =
          "Judges the candidates: a checkpoint directory, a hub's model id such as"
              + " Qwen/Qwen3-VL-Reranker-2B, or demo. Left out, vectors alone decide.")
  @Nullable String rerankerName;

  @Option(
      names = {"--top", "--top-n"},
      paramLabel = "N",
      description = "Show the best N, 0 for all candidates; 10 if left out.")
  int top = DEFAULT_TOP;

  @Option(
      names = "--candidates",
      paramLabel = "N",
      description = "How many entries the vectors choose; 50 if left out.")
  int candidates = SearchRequest.DEFAULT_CANDIDATES;

  @Option(
      names = "--kind",
      paramLabel = "text|image|page|video",
      description = "Only entries of this kind; repeatable.")
  Set<EntryKind> kinds = EnumSet.noneOf(EntryKind.class);

  @Option(
      names = "--path",
      paramLabel = "PATTERN",
      description =
          "Only files that a pattern fits: '*.png' for names, '2024/**' for paths from the"
              + " indexed folder on.")
  @Nullable String path;

  @Option(
      names = "--query-instruction",
      paramLabel = "TEXT",
      description = "What the embedding model is told of the question; its own if left out.")
  @Nullable String queryInstruction;

  @Option(
      names = "--instruction",
      paramLabel = "TEXT",
      description = "What counts as relevant for the reranker; its own if left out.")
  @Nullable String instruction;

  @Option(
      names = "--format",
      paramLabel = "table|json",
      defaultValue = "table",
      description = "How to write the answer: as a table (the default), or as JSON in one line.")
  Format format = Format.TABLE;

  @Option(
      names = "--output",
      paramLabel = "FILE",
      description = "Where the answer goes; standard output if left out or -.")
  @Nullable String output;

  @Option(
      names = "--html",
      paramLabel = "FILE",
      description = "Write a page with previews besides, which needs nothing beside it.")
  @Nullable String html;

  @Option(
      names = "--model",
      paramLabel = "MODEL",
      description =
          "The embedding model, where it has another path or name now than when the index was"
              + " made.")
  @Nullable String model;

  @Mixin PromptSizeOptions sizes = new PromptSizeOptions();

  @Mixin OpeningOptions opening = new OpeningOptions();

  private final Streams streams;
  private final ModelOpener opener;

  SearchAskCommand(Streams streams, ModelOpener opener) {
    this.streams = streams;
    this.opener = opener;
  }

  @Override
  public Integer call() {
    SearchRequest request = request();
    Path file = OutputPath.of(output);
    Path page = html == null ? null : page(html);
    ModelOptions options = sizes.options(opening);
    try (SearchIndex opened = SearchIndex.open(index);
        OpenEngines engines = new OpenEngines()) {
      String named = SearchModel.named(model == null ? opened.settings().model() : model, opening);
      String located = new ModelLocator(streams).locate(named);
      refuseOther(opened, named, located, options);
      ModelOptions shared = engines.onSameDevice(options, rerankerName != null);
      Embedder embedder =
          Progress.during(
              streams,
              "opening " + named,
              () -> opener.openEmbedder(located, EmbedderOptions.DEFAULT.withModel(shared)));
      engines.keep(embedder);
      Reranker reranker = rerankerName == null ? null : reranker(rerankerName, shared);
      if (reranker != null) {
        engines.keep(reranker);
      }
      SearchAnswer answer =
          Progress.during(streams, "searching", () -> opened.ask(request, embedder, reranker));
      write(new SearchAnswerText(named, rerankerName, answer).of(format), file);
      if (page != null) {
        String written =
            new SearchPage(index.toString(), opened.root(), named, rerankerName).of(answer);
        write(page, "--html", written.getBytes(StandardCharsets.UTF_8));
      }
    }
    return 0;
  }

  private Reranker reranker(String name, ModelOptions options) {
    String located = new ModelLocator(streams).locate(name);
    // An adapter is the embedding model's.
    RerankerOptions opened = RerankerOptions.DEFAULT.withModel(options.withLora(null));
    return Progress.during(streams, "opening " + name, () -> opener.open(located, opened));
  }

  private void refuseOther(SearchIndex opened, String named, String located, ModelOptions options) {
    if (!RunFingerprint.files(located, options.lora()).equals(opened.settings().fingerprint())) {
      throw new CliException(
          ("%s was made with the model %s, and %s is another one: ask with that, or index with this"
                  + " one (--overwrite)")
              .formatted(index, opened.settings().model(), said(named, opened)));
    }
  }

  private static String said(String named, SearchIndex opened) {
    return named.equals(opened.settings().model()) ? "what is there now by this name" : named;
  }

  private SearchRequest request() {
    if (question == null && images.isEmpty()) {
      throw new CliException("nothing to ask: give a QUESTION, or --image");
    }
    if (candidates < 1 || candidates > SearchRequest.MOST_CANDIDATES) {
      throw new CliException(
          "--candidates: expected 1 to %d, found %d"
              .formatted(SearchRequest.MOST_CANDIDATES, candidates));
    }
    if (top < 0) {
      throw new CliException("--top: expected 0 or more, found " + top);
    }
    return SearchRequest.of(new Content(parts()))
        .withQueryInstruction(queryInstruction)
        .withRerankInstruction(instruction)
        .withCandidates(Math.max(candidates, top))
        .withTop(top)
        .withKinds(kinds)
        .withPathPattern(path);
  }

  private List<Part> parts() {
    List<Part> parts = new ArrayList<>();
    for (String image : images) {
      try {
        parts.add(ImageUrls.file(image, "--image"));
      } catch (ApiException e) {
        throw Job.refused(e);
      }
    }
    if (question != null) {
      parts.add(Part.text(question));
    }
    return parts;
  }

  private static Path page(String name) {
    Path page = OutputPath.of(name);
    if (page == null) {
      throw new CliException("--html: expected a file, found -");
    }
    return page;
  }

  private void write(String text, @Nullable Path file) {
    byte[] answer =
        (text + System.lineSeparator())
            .getBytes(
                format == Format.TABLE && file == null
                    ? streams.out().charset()
                    : StandardCharsets.UTF_8);
    if (file == null) {
      streams.out().writeBytes(answer);
      streams.out().flush();
    } else {
      write(file, "--output", answer);
    }
  }

  private static void write(Path file, String option, byte[] bytes) {
    try {
      Files.write(file, bytes);
    } catch (IOException e) {
      throw new CliException(
          "%s: cannot write %s: %s".formatted(option, file, Errors.message(e)), e);
    }
  }
}
