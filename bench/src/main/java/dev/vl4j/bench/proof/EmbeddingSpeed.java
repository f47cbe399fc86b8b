package dev.vl4j.bench.proof;

import dev.vl4j.bench.Arguments;
import dev.vl4j.bench.ResultTable;
import dev.vl4j.bench.ResultTable.Verdict;
import dev.vl4j.bench.Timing;
import dev.vl4j.engine.EmbedRequest;
import dev.vl4j.engine.Embedder;
import dev.vl4j.engine.EmbedderOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Vectors of texts and of pictures, in turn with PyTorch on the same device, which takes them in
 * batches in order of length. Each round has inputs that nobody has seen. {@code RandomCheckpoint
 * --embedder} writes a model for it.
 */
public final class EmbeddingSpeed {
  private static final double FASTER_WITH_TEXTS = 1.5;
  private static final double FASTER_WITH_PICTURES = 1.4;

  /** A figure for something else than what PyTorch computes is none. */
  private static final double LEAST_COSINE = 0.99;

  /** What PyTorch's side is: names of a library and of a format of numbers. */
  private record Peer(String library, String dtype) {}

  private final Embedder embedder;
  private final Subject subject;
  private final RequestFiles files;
  private final Peer peer;
  private final int rounds;
  private final boolean bars;
  private final ResultTable table;

  private EmbeddingSpeed(
      Embedder embedder,
      Subject subject,
      RequestFiles files,
      Peer peer,
      int rounds,
      boolean bars,
      ResultTable table) {
    this.embedder = embedder;
    this.subject = subject;
    this.files = files;
    this.peer = peer;
    this.rounds = rounds;
    this.bars = bars;
    this.table = table;
  }

  /**
   * Options: those of {@link Subject}, {@code --dtype f32|bf16|int8}, {@code --rounds} (3), {@code
   * --texts} (1000) of {@code --tokens} (60), {@code --batch} (32) texts at once, {@code
   * --pictures} (64) of {@code --side} (512) pixels, {@code --picture-batch} (4) at once, {@code
   * --library transformers|sentence-transformers} and {@code --pytorch-dtype bf16|f32} for
   * PyTorch's side; the flag {@code --bars} if these are the sizes that the bars are for. The exit
   * code is 1 if vectors are others than PyTorch's.
   */
  public static void main(String[] arguments) throws IOException {
    List<String> names = new ArrayList<>(Subject.OPTIONS);
    names.addAll(
        List.of(
            "dtype",
            "rounds",
            "texts",
            "tokens",
            "batch",
            "pictures",
            "side",
            "picture-batch",
            "library",
            "pytorch-dtype"));
    Arguments options = new Arguments(Set.of("bars"), arguments, names.toArray(String[]::new));
    Subject subject = Subject.of(options);
    Path folder = Files.createTempDirectory("vl4j-embeddings");
    ResultTable table = new ResultTable(options.path("table"));
    String library = options.string("library", "transformers");
    EmbedderOptions opened =
        EmbedderOptions.DEFAULT.withModel(subject.options(options.precision()));
    try (Embedder embedder = Embedder.open(subject.model(), opened)) {
      System.out.printf("vl4j: %s on %s%n", embedder.precision(), embedder.devices());
      EmbeddingSpeed speed =
          new EmbeddingSpeed(
              embedder,
              subject,
              new RequestFiles(folder, subject.model()),
              new Peer(library, options.string("pytorch-dtype", "bf16")),
              options.integer("rounds", 3),
              options.has("bars"),
              table);
      int texts = options.integer("texts", 1000);
      int tokens = options.integer("tokens", 60);
      speed.measure(
          "texts",
          "%s, %d texts of ~%d tokens".formatted(subject.label(), texts, tokens),
          new RequestFiles.Size(1, texts, tokens, 0, 1),
          options.integer("batch", 32),
          FASTER_WITH_TEXTS);
      if (library.equals("sentence-transformers")) {
        System.out.println("pictures: not measured, this worker takes texts only");
      } else {
        int pictures = options.integer("pictures", 64);
        int side = options.integer("side", 512);
        speed.measure(
            "pictures",
            "%s, %d JPEG files of %d x %d".formatted(subject.label(), pictures, side, side),
            new RequestFiles.Size(1, 0, 0, pictures, side),
            options.integer("picture-batch", 4),
            FASTER_WITH_PICTURES);
      }
    }
    System.exit(table.isAnyWrong() ? 1 : 0);
  }

  /** One answer: its seconds, and its vectors in the order of the inputs. */
  private record Answer(double seconds, List<float[]> vectors) {}

  private void measure(String name, String what, RequestFiles.Size size, int batch, double bar) {
    try (PyTorch pytorch =
        subject
            .pytorch(
                "PyTorch",
                "embedding_worker.py",
                "--batch",
                Integer.toString(batch),
                "--library",
                peer.library,
                "--dtype",
                peer.dtype)
            .orElse(null)) {
      RequestFiles.Written warm = files.write(name + "-warm", size);
      Answer _ = ours(warm);
      if (pytorch != null) {
        System.out.println("PyTorch: " + pytorch.ask("warm " + warm.file()));
      }
      double[] own = new double[rounds];
      double[] theirs = new double[rounds];
      double[] ratios = new double[rounds];
      double cosine = 1;
      for (int i = 0; i < rounds; i++) {
        RequestFiles.Written inputs = files.write("%s-%d".formatted(name, i), size);
        Answer answer = ours(inputs);
        own[i] = answer.seconds;
        Answer other = theirs(pytorch, inputs);
        if (other != null) {
          theirs[i] = other.seconds;
          ratios[i] = other.seconds / answer.seconds;
          cosine = Math.min(cosine, leastCosine(answer.vectors, other.vectors));
        }
        System.out.printf("%s, round %d: %.1f s and %.1f s%n", name, i, own[i], theirs[i]);
      }
      row(what, batch, bar, own, theirs, ratios, pytorch != null);
      if (!(cosine >= LEAST_COSINE)) {
        table.add(
            what + ", least cosine to PyTorch's vectors",
            ">= " + LEAST_COSINE,
            "%.4f".formatted(cosine),
            Verdict.WRONG);
      } else if (pytorch != null) {
        System.out.printf("%s: least cosine to PyTorch's vectors %.5f%n", name, cosine);
      }
    }
  }

  private void row(
      String what,
      int batch,
      double bar,
      double[] own,
      double[] theirs,
      double[] ratios,
      boolean isThere) {
    double ratio = Timing.median(ratios);
    table.add(
        "%s, to vectors, beside batches of %d in order of length".formatted(what, batch),
        ">= %.1fx".formatted(bar),
        "%.1f s".formatted(Timing.median(own)),
        isThere ? "%.1f s".formatted(Timing.median(theirs)) : "",
        isThere ? "%.2f".formatted(ratio) : "",
        isThere ? Verdict.of(bars, ratio >= bar) : Verdict.NOT_MEASURED);
  }

  private Answer ours(RequestFiles.Written inputs) {
    EmbedRequest request = EmbedRequest.of(inputs.request().documents());
    long start = System.nanoTime();
    List<float[]> vectors = embedder.submit(request).join().vectors();
    return new Answer((System.nanoTime() - start) / 1e9, vectors);
  }

  private static @Nullable Answer theirs(@Nullable PyTorch worker, RequestFiles.Written inputs) {
    if (worker == null) {
      return null;
    }
    JsonNode fields = JsonMapper.shared().readTree(worker.ask("embed " + inputs.file()));
    List<float[]> vectors = fields.path("vectors").valueStream().map(PyTorch::floats).toList();
    return new Answer(fields.path("seconds").asDouble(), vectors);
  }

  private static double leastCosine(List<float[]> some, List<float[]> others) {
    double least = 1;
    for (int i = 0; i < some.size(); i++) {
      least = Math.min(least, Cosine.between(some.get(i), others.get(i)));
    }
    return least;
  }
}
