package dev.vl4j.server.process;

import java.io.BufferedReader;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A whole process that serves a model. It does not outlive this one. */
public final class ServerProcess implements AutoCloseable {
  private static final Pattern SERVING =
      Pattern.compile(".*\\bserving\\b.*\\burl\\b.*?https?://[^ ]*?:(\\d+)\\b.*");
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** More are a log that nobody will read. */
  private static final int KEPT_LINES = 10_000;

  private final Process process;
  private final Thread killer;
  private final Thread reader;
  private final List<String> lines = new ArrayList<>();
  private boolean ended;
  private final int port;

  private ServerProcess(Process process) throws IOException, InterruptedException {
    this.process = process;
    killer = new Thread(process::destroyForcibly);
    Runtime.getRuntime().addShutdownHook(killer);
    reader = Thread.ofVirtual().start(this::read);
    Matcher serving = SERVING.matcher(awaitLine(line -> SERVING.matcher(line).matches()));
    port = serving.matches() ? Integer.parseInt(serving.group(1)) : 0;
  }

  /** Starts a server and waits until it listens. */
  public static ServerProcess start(JavaCommand command) throws IOException, InterruptedException {
    Process process = command.builder().start();
    try {
      return new ServerProcess(process);
    } catch (IOException | InterruptedException | RuntimeException e) {
      process.destroyForcibly();
      throw e;
    }
  }

  private void read() {
    try (BufferedReader out = process.inputReader()) {
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        said(line);
      }
    } catch (IOException e) {
      said("its output cannot be read: " + e.getMessage());
    }
    end();
  }

  private synchronized void said(String line) {
    lines.add(line);
    if (lines.size() > KEPT_LINES) {
      lines.removeFirst();
    }
    notifyAll();
  }

  private synchronized void end() {
    ended = true;
    notifyAll();
  }

  public int port() {
    return port;
  }

  public ProcessHandle handle() {
    return process.toHandle();
  }

  /** The last lines that it has printed so far. */
  public synchronized List<String> lines() {
    return List.copyOf(lines);
  }

  /** Waits for a line that has some words in it, unless there was one. */
  public String awaitLine(String words) throws IOException, InterruptedException {
    return awaitLine(line -> line.contains(words));
  }

  private synchronized String awaitLine(Predicate<String> wanted)
      throws IOException, InterruptedException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      for (String line : lines) {
        if (wanted.test(line)) {
          return line;
        }
      }
      long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
      if (ended || left <= 0) {
        throw new IOException(
            "the server %s: %s".formatted(ended ? "has ended" : "does not say it", lines));
      }
      wait(left);
    }
  }

  /** The last lines that it has printed when it has ended. */
  public List<String> rest() throws InterruptedException {
    reader.join();
    return lines();
  }

  /** Sends SIGTERM. Unlike the process's own method, the handle's leaves the streams open. */
  public void terminate() {
    if (!process.toHandle().destroy()) {
      throw new IllegalStateException("the process cannot be told to end");
    }
  }

  /** Whether it has ended within a time. */
  public boolean endsWithin(Duration time) throws InterruptedException {
    return process.waitFor(time.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Waits for the end. */
  public int exitCode() throws InterruptedException {
    if (!endsWithin(PATIENCE)) {
      throw new IllegalStateException("the server does not end: " + lines());
    }
    return process.exitValue();
  }

  @Override
  public void close() {
    process.destroyForcibly();
    try {
      Runtime.getRuntime().removeShutdownHook(killer);
    } catch (IllegalStateException e) {
      // This process is ending, and the hook does its work.
    }
  }
}
