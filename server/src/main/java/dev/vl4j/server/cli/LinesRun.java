package dev.vl4j.server.cli;

import dev.vl4j.engine.Engine;
import dev.vl4j.server.batch.BatchException;
import dev.vl4j.server.batch.BatchInput;
import dev.vl4j.server.batch.BatchOutput;
import dev.vl4j.server.batch.BatchRun;
import dev.vl4j.server.batch.LineTask;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A command for each line of a file. */
final class LinesRun {
  /** Characters of what is said of a line that failed. */
  private static final int LONGEST = 200;

  /**
   * A model, and what it does with lines.
   *
   * @param engine closed when the run ends
   * @param afterwards told how many answers there are once all lines have one, while the output is
   *     still this run's
   */
  record Opened(Engine engine, LineTask<?> task, LongConsumer afterwards) {}

  private final Streams streams;
  private final BatchOptions batch;

  LinesRun(Streams streams, BatchOptions batch) {
    this.streams = streams;
    this.batch = batch;
  }

  /**
   * Answers all lines that have no answer yet.
   *
   * @param output null for standard output
   * @return the exit code
   * @throws CliException if it cannot begin as asked
   */
  int run(LinesInput input, @Nullable Path output, Supplier<Opened> opener) {
    int longestLine = batch.longestLine();
    input.refuse(output);
    // Files go first: what is wrong with them is told before a model is opened in vain.
    try (StopOnSignal signal = new StopOnSignal();
        InputStream in = input.open();
        BatchOutput out = open(output)) {
      BatchInput lines = new BatchInput(in, input.name(), input.bytes(), longestLine);
      Opened opened = opener.get();
      BatchRun run;
      int code;
      try (Engine _ = opened.engine()) {
        run = new BatchRun(lines, out, opened.task());
        resume(run);
        signal.set(run::stop);
        code = run(run, out);
      }
      if (!run.isStopped()) {
        opened.afterwards().accept(run.tally().lines());
      }
      return code;
    } catch (IOException e) { // of closing the input, which takes nothing back
      throw new CliException("--input: cannot read " + input.name() + ": " + Errors.message(e), e);
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
}
