package dev.vl4j.server.cli;

import dev.vl4j.engine.DeviceInfo;
import dev.vl4j.engine.Precision;
import dev.vl4j.engine.RankedDocument;
import dev.vl4j.engine.Ranking;
import dev.vl4j.engine.RerankRequest;
import dev.vl4j.engine.Reranker;
import dev.vl4j.engine.RerankerOptions;
import dev.vl4j.server.UnscriptedReranker;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Runs the command line in this process, on a model that ranks by a fixed rule. */
final class CommandLineHarness extends UnscriptedReranker implements ModelOpener {
  /** What a command left behind. */
  record Outcome(int code, String out, String err) {}

  RerankRequest request;
  RerankerOptions options;
  RuntimeException failure;
  boolean closed;

  Outcome run(String input, String... args) {
    return run(input, this, args);
  }

  static Outcome run(String input, ModelOpener opener, String... args) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Streams streams =
        new Streams(
            new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)),
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            false);
    int code = Main.run(args, streams, opener, server -> {});
    return new Outcome(
        code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  @Override
  public Reranker open(String name, RerankerOptions options) {
    this.options = options;
    return this;
  }

  /** The last document is the best; each has ten tokens. */
  @Override
  public CompletableFuture<Ranking> submit(RerankRequest request) {
    if (failure != null) {
      throw failure;
    }
    this.request = request;
    List<RankedDocument> ranked = new ArrayList<>();
    for (int i = request.documents().size() - 1; i >= 0; i--) {
      double logit = i - 8;
      ranked.add(new RankedDocument(i, 1 / (1 + Math.exp(-logit)), logit, 10));
    }
    return CompletableFuture.completedFuture(ranking(ranked));
  }

  @Override
  public String renderPrompt(RerankRequest request, int document) {
    return "prompt " + document;
  }

  @Override
  public List<DeviceInfo> devices() {
    return List.of(new DeviceInfo(options.model().backend(), 0, "scripted"));
  }

  @Override
  public Precision precision() {
    return Precision.BF16;
  }

  @Override
  public int close(Duration grace) {
    closed = true;
    return 0;
  }
}
