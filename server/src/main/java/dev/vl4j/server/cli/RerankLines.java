package dev.vl4j.server.cli;

import dev.vl4j.engine.Reranker;
import dev.vl4j.engine.RerankerOptions;
import dev.vl4j.server.api.ImageUrls;
import dev.vl4j.server.batch.BatchException;
import dev.vl4j.server.batch.BatchInput;
import dev.vl4j.server.batch.BatchOutput;
import dev.vl4j.server.batch.BatchRun;
import dev.vl4j.server.batch.BatchSettings;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** {@code vl4j rerank} for each line of a file. */
final class RerankLines {
  private static final String STDIN = "-";

  /** Characters of what is said of a line that failed. */
  private static final int LONGEST = 200;

  /**
   * A model and what tells it apart from others.
   *
   * @param fingerprint see {@link ModelFingerprint}
   */
  record Opened(Reranker model, String fingerprint) {}

  private final Streams streams;
  private final String model;
  private final RerankerOptions options;
  private final BatchOptions batch;
  private final RequestOptions requests;
  private final ImageUrls images;

  /**
   * @param model what answers call it
   * @param options that it is opened with
   */
  RerankLines(
      Streams streams,
      String model,
      RerankerOptions options,
      BatchOptions batch,
      RequestOptions requests,
      ImageUrls images) {
    this.streams = streams;
    this.model = model;
    this.options = options;
    this.batch = batch;
    this.requests = requests;
    this.images = images;
  }

  /**
   * Answers all lines that have no answer yet.
   *
   * @param output null for standard output
   * @return the exit code
   * @throws CliException if it cannot begin as asked
   */
  int run(String input, @Nullable Path output, Supplier<Opened> opener) {
    int longestLine = batch.longestLine();
    // Files go first: what is wrong with them is told before a model is opened in vain.
    try (StopOnSignal signal = new StopOnSignal();
        InputStream in = open(input, output);
        BatchOutput out = open(output)) {
      BatchInput lines = new BatchInput(in, name(input), size(input), longestLine);
      Opened opened = opener.get();
      try (Reranker reranker = opened.model()) {
        BatchRun run = new BatchRun(lines, out, settings(opened), reranker, InstantSource.system());
        resume(run);
        signal.set(run::stop);
        return run(run, out);
      }
    } catch (IOException e) { // of closing the input, which takes nothing back
      throw new CliException("--input: cannot read " + input + ": " + Errors.message(e), e);
    }
  }

  private static void resume(BatchRun run) {
    try {
      run.resume();
    } catch (BatchException e) {
      throw new CliException(Errors.message(e), e);
    }
  }

  private int run(BatchRun run, BatchOutput out) {
    boolean whole = false;
    try {
      Progress.reporting(streams, run.tally()::describe, run::run);
      whole = !run.isStopped();
    } finally {
      streams.err().println("vl4j: " + run.tally().summary());
      for (String failure : run.tally().failures()) {
        streams.err().println("vl4j: " + Table.preview(failure, LONGEST));
      }
      if (!whole) {
        streams
            .err()
            .printf("vl4j: stopped after %d lines; %s%n", run.tally().lines(), out.afterStop());
      }
      streams.err().flush();
    }
    if (!whole) {
      return Errors.UNEXPECTED; // the signal's own exit code goes before this
    }
    return run.tally().failed() == 0 ? 0 : Errors.REFUSED;
  }

  /** What tells the model apart from others, an adapter that is merged into it included. */
  private String fingerprint(Opened opened) {
    Path lora = options.model().lora();
    return lora == null
        ? opened.fingerprint()
        : opened.fingerprint() + " with " + ModelFingerprint.of(lora.toString());
  }

  /** All that answers depend on besides the input. */
  private BatchSettings settings(Opened opened) {
    String fingerprint =
        "model %s, called %s, precision %s, backend %s, pixels %d to %d, images %s, tokens %d, template %s, %s"
            .formatted(
                fingerprint(opened),
                model,
                opened.model().precision(),
                opened.model().devices().getFirst().backend(),
                options.model().pixelBudget().minPixels(),
                options.model().pixelBudget().maxPixels(),
                options.model().imageRules(),
                options.model().maxTokens(),
                options.template(),
                requests.fingerprint());
    return new BatchSettings(
        model, images, requests::adjust, !requests.noDocuments, requests::topN, fingerprint);
  }

  private InputStream open(String input, @Nullable Path output) {
    if (input.equals(STDIN)) {
      return streams.in();
    }
    try {
      Path path = Path.of(input);
      if (output != null && Files.exists(output) && Files.isSameFile(path, output)) {
        throw new CliException("--output is the input: " + output);
      }
      return Files.newInputStream(path);
    } catch (NoSuchFileException e) {
      throw new CliException("--input: no such file: " + input, e);
    } catch (IOException e) {
      throw new CliException("--input: cannot read " + input + ": " + Errors.message(e), e);
    } catch (InvalidPathException e) {
      throw new CliException("--input: not a path: " + input, e);
    }
  }

  private BatchOutput open(@Nullable Path output) {
    if (output == null) {
      return BatchOutput.stream(streams.out(), "standard output");
    }
    try {
      return BatchOutput.open(output, batch.overwrite);
    } catch (BatchException e) {
      throw new CliException("--output: " + Errors.message(e), e);
    }
  }

  private static String name(String input) {
    return input.equals(STDIN) ? "standard input" : input;
  }

  private static long size(String input) throws IOException {
    return !input.equals(STDIN) && Files.isRegularFile(Path.of(input))
        ? Files.size(Path.of(input))
        : 0;
  }
}
