package dev.vl4j.bench.proof;

import dev.vl4j.bench.Arguments;
import dev.vl4j.bench.ResultTable;
import dev.vl4j.bench.ResultTable.Verdict;
import dev.vl4j.engine.Diagnostics;
import dev.vl4j.engine.ModelException;
import dev.vl4j.engine.Precision;
import dev.vl4j.engine.RankedDocument;
import dev.vl4j.engine.Reranker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Logits of a model, beside PyTorch's in bfloat16, against PyTorch's in float32 on the same device.
 * One process after another has the device, since the larger model fits once in float32.
 */
public final class AccuracyProof {
  /** In float32, of PyTorch's error in bfloat16. */
  private static final double FLOAT32_SHARE = 0.01;

  private static final int REQUESTS = 4;

  /** Logits of all documents, and how long their prompts are. */
  private record Answers(double[] logits, int[] tokens) {
    static Answers of(List<RankedDocument> documents) {
      return new Answers(
          documents.stream().mapToDouble(RankedDocument::logit).toArray(),
          documents.stream().mapToInt(RankedDocument::promptTokens).toArray());
    }

    /** Of the logits, absolute. */
    double[] errors(Answers truth) {
      return IntStream.range(0, logits.length)
          .mapToDouble(i -> Math.abs(logits[i] - truth.logits[i]))
          .toArray();
    }
  }

  private AccuracyProof() {}

  /**
   * Options: those of {@link Subject}, {@code --documents} (12) of each of four requests, a quarter
   * of which are pictures of {@code --side} (256) pixels, {@code --tokens} (100) of the texts. The
   * exit code is 1 if an error is larger than it may be.
   */
  public static void main(String[] arguments) throws IOException {
    List<String> names = new ArrayList<>(Subject.OPTIONS);
    names.addAll(List.of("documents", "side", "tokens"));
    Arguments options = new Arguments(arguments, names.toArray(String[]::new));
    Subject subject = Subject.of(options);
    ResultTable table = new ResultTable(options.path("table"));
    Path folder = Files.createTempDirectory("vl4j-accuracy");
    List<RequestFiles.Written> requests =
        requests(
            new RequestFiles(folder, subject.model()),
            options.integer("documents", 12),
            options.integer("tokens", 100),
            options.integer("side", 256));
    Optional<Answers> truth = pytorch(subject, "f32", requests);
    Optional<Answers> peer = pytorch(subject, "bf16", requests);
    Answers bf16 = own(subject, Precision.BF16, requests);
    Answers f32 = own(subject, Precision.F32, requests);
    compareFp8(subject, f32, bf16, requests, table);
    if (truth.isEmpty() || peer.isEmpty()) {
      table.add(
          what(subject, "bf16"),
          "<= PyTorch bf16's",
          "no PyTorch to compare with",
          Verdict.NOT_MEASURED);
      return;
    }
    compare(subject, truth.get(), peer.get(), bf16, f32, table);
    System.exit(table.isAnyWrong() ? 1 : 0);
  }

  private static String what(Subject subject, String precision) {
    return "%s, %s: logit error against PyTorch float32, mean / largest"
        .formatted(subject.label(), precision);
  }

  private static List<RequestFiles.Written> requests(
      RequestFiles files, int documents, int tokens, int side) {
    int pictures = documents / 4;
    return IntStream.range(0, REQUESTS)
        .mapToObj(i ->
            files.write(
                "accuracy" + i,
                new RequestFiles.Size(
                    8 + 8 * i, documents - pictures, tokens * (i + 1) / 2, pictures, side)))
        .toList();
  }

  private static Optional<Answers> pytorch(
      Subject subject, String dtype, List<RequestFiles.Written> requests) {
    try (PyTorch worker =
        subject
            .pytorch("PyTorch " + dtype, "request_worker.py", "--way", "official", "--dtype", dtype)
            .orElse(null)) {
      if (worker == null) {
        return Optional.empty();
      }
      List<Double> logits = new ArrayList<>();
      List<Integer> tokens = new ArrayList<>();
      for (RequestFiles.Written request : requests) {
        JsonNode answer = JsonMapper.shared().readTree(worker.ask("rank " + request.file()));
        answer.path("logits").forEach(logit -> logits.add(logit.asDouble()));
        answer.path("tokens").forEach(count -> tokens.add(count.asInt()));
      }
      return Optional.of(
          new Answers(
              logits.stream().mapToDouble(Double::doubleValue).toArray(),
              tokens.stream().mapToInt(Integer::intValue).toArray()));
    }
  }

  private static Answers own(
      Subject subject, Precision precision, List<RequestFiles.Written> requests) {
    List<RankedDocument> documents = new ArrayList<>();
    try (Reranker reranker = subject.open(subject.options(precision))) {
      System.out.printf("vl4j: %s on %s%n", reranker.precision(), reranker.devices());
      for (RequestFiles.Written request : requests) {
        documents.addAll(reranker.submit(request.request()).join().inRequestOrder());
      }
    }
    return Answers.of(documents);
  }

  private static void compare(
      Subject subject, Answers truth, Answers peer, Answers bf16, Answers f32, ResultTable table) {
    if (!Arrays.equals(truth.tokens, bf16.tokens)) {
      table.add("prompts' tokens", "the same", "others than PyTorch's", Verdict.WRONG);
      return;
    }
    double[] theirs = peer.errors(truth);
    double[] ours = bf16.errors(truth);
    double[] exact = f32.errors(truth);
    System.out.printf(
        "%d prompts of %d tokens at most; PyTorch's float32 logits from %.3f to %.3f%n",
        ours.length,
        IntStream.of(truth.tokens).max().orElse(0),
        Arrays.stream(truth.logits).min().orElse(0),
        Arrays.stream(truth.logits).max().orElse(0));
    table.add(
        what(subject, "bf16"),
        "<= PyTorch bf16's mean",
        words(ours),
        words(theirs),
        "%.2f".formatted(mean(theirs) / mean(ours)),
        Verdict.required(mean(ours) <= mean(theirs)));
    table.add(
        what(subject, "f32"),
        "<= %.0f %% of PyTorch bf16's".formatted(100 * FLOAT32_SHARE),
        words(exact),
        words(theirs),
        "%.0f".formatted(mean(theirs) / mean(exact)),
        Verdict.required(mean(exact) <= FLOAT32_SHARE * mean(theirs)));
  }

  /** A figure: random weights rank by chance, so a bar of rankings would hold nothing here. */
  private static void compareFp8(
      Subject subject,
      Answers f32,
      Answers bf16,
      List<RequestFiles.Written> requests,
      ResultTable table) {
    String what =
        "%s, fp8 beside bf16: logit error against own float32, mean / largest"
            .formatted(subject.label());
    try {
      Diagnostics.requirePrecision(Precision.FP8, subject.backend());
    } catch (ModelException e) {
      table.add(what, "", "no products in fp8 here", Verdict.NOT_MEASURED);
      return;
    }
    double[] errors = own(subject, Precision.FP8, requests).errors(f32);
    table.add(
        what, "", "%s, bf16 %s".formatted(words(errors), words(bf16.errors(f32))), Verdict.FIGURE);
  }

  private static double mean(double[] values) {
    return Arrays.stream(values).average().orElse(Double.NaN);
  }

  private static String words(double[] errors) {
    return "%.1e / %.1e".formatted(mean(errors), Arrays.stream(errors).max().orElse(Double.NaN));
  }
}
