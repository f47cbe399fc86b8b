package dev.vl4j.bench.proof;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * A worker of {@code bench/reference}: a line is asked, a line is the answer, and between lines it
 * sleeps. Its first line says that it is ready, and what it is.
 */
final class PyTorch implements AutoCloseable {
  private static final int END_SECONDS = 20;

  private final Process process;
  private final BufferedReader answers;
  private final BufferedWriter questions;

  private PyTorch(Process process) {
    this.process = process;
    answers = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8));
    questions = new BufferedWriter(new OutputStreamWriter(process.getOutputStream(), UTF_8));
  }

  /** Starts a worker and waits until it is ready; empty, with the reason printed, if it fails. */
  static Optional<PyTorch> start(String name, List<String> command, String... further) {
    List<String> words = new ArrayList<>(command);
    words.addAll(List.of(further));
    try {
      PyTorch worker =
          new PyTorch(
              new ProcessBuilder(words).redirectError(ProcessBuilder.Redirect.INHERIT).start());
      @Nullable String first = worker.answers.readLine();
      if (first != null) {
        System.out.printf("%s: %s%n", name, first.replaceFirst("^ready ", ""));
        return Optional.of(worker);
      }
      System.out.printf("%s: failed to start: %s%n", name, String.join(" ", words));
      worker.close();
    } catch (IOException e) {
      System.out.printf("%s: cannot be started: %s%n", name, e.getMessage());
    }
    return Optional.empty();
  }

  /**
   * Asks, and waits for the answer.
   *
   * @throws UncheckedIOException if the worker has ended, out of memory for example
   */
  String ask(String line) {
    try {
      questions.write(line + "\n");
      questions.flush();
      @Nullable String answer = answers.readLine();
      if (answer == null) {
        throw new IOException("PyTorch's process has ended; it was asked: " + line);
      }
      return answer;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A vector in an answer. */
  static float[] floats(JsonNode vector) {
    float[] values = new float[vector.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = vector.path(i).floatValue();
    }
    return values;
  }

  /** Ends the process. */
  @Override
  public void close() {
    try {
      questions.close();
    } catch (IOException e) {
      // It has ended already.
      process.destroy();
    }
    try {
      if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
