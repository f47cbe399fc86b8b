package dev.vl4j.bench.attack;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A process that serves the demonstration model at a loopback port, and what it takes. */
final class ServerProcess implements AutoCloseable {
  private static final Pattern SERVING = Pattern.compile("vl4j: serving .* at http://.*:(\\d+)");
  private static final Duration START = Duration.ofSeconds(60);
  private static final int KEPT_LINES = 200;

  /** Of {@code /proc/PID/stat}, on every Linux that Java runs on. */
  private static final double TICKS_PER_SECOND = 100;

  private final Process process;
  private final CompletableFuture<Integer> port = new CompletableFuture<>();
  private final Deque<String> lines = new ArrayDeque<>();

  /**
   * Starts a server and waits until it listens.
   *
   * @param heap Java's {@code -Xmx}, such as {@code 1g}
   * @param fileLimit what {@code ulimit -n} is set to; 0 leaves it as it is
   * @param flags further options of {@code vl4j serve}
   */
  static ServerProcess start(String heap, int fileLimit, List<String> flags)
      throws IOException, InterruptedException {
    List<String> java =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules",
                "jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Djava.awt.headless=true",
                "-Dslf4j.internal.verbosity=ERROR",
                // As the launcher has it.
                "-XX:G1PeriodicGCInterval=15000",
                "-Xmx" + heap,
                "-cp",
                System.getProperty("java.class.path"),
                "dev.vl4j.server.cli.Main",
                "serve",
                "demo",
                "--host",
                "127.0.0.1",
                "--port",
                "0"));
    java.addAll(flags);
    List<String> command = java;
    if (fileLimit > 0) {
      command =
          new ArrayList<>(List.of("sh", "-c", "ulimit -n " + fileLimit + "; exec \"$@\"", "sh"));
      command.addAll(java);
    }
    ServerProcess server =
        new ServerProcess(new ProcessBuilder(command).redirectErrorStream(true).start());
    try {
      server.port.get(START.toMillis(), TimeUnit.MILLISECONDS);
      return server;
    } catch (java.util.concurrent.ExecutionException | java.util.concurrent.TimeoutException e) {
      server.close();
      throw new IOException("the server did not start: " + server.output(), e);
    }
  }

  private ServerProcess(Process process) {
    this.process = process;
    Thread.ofVirtual().start(this::read);
  }

  private void read() {
    try (BufferedReader out = process.inputReader()) {
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        synchronized (lines) {
          lines.add(line);
          if (lines.size() > KEPT_LINES) {
            lines.remove();
          }
        }
        Matcher serving = SERVING.matcher(line);
        if (serving.matches()) {
          port.complete(Integer.valueOf(serving.group(1)));
        }
      }
    } catch (IOException e) {
      port.completeExceptionally(e);
    }
    port.completeExceptionally(new IOException("it ended"));
  }

  int port() {
    return port.join();
  }

  /** The last lines that it printed. */
  String output() {
    synchronized (lines) {
      return String.join("\n", lines);
    }
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** Seconds of all processors that it has used. */
  double cpuSeconds() throws IOException {
    String stat = Files.readString(Path.of("/proc/" + process.pid() + "/stat"));
    // The name, in parentheses, may hold spaces.
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / TICKS_PER_SECOND;
  }

  /** Resident memory, in MB. */
  double residentMegabytes() throws IOException {
    return status("VmRSS:");
  }

  /** The most that has been resident since {@link #resetPeak}, in MB. */
  double peakMegabytes() throws IOException {
    return status("VmHWM:");
  }

  void resetPeak() throws IOException {
    Files.writeString(Path.of("/proc/" + process.pid() + "/clear_refs"), "5");
  }

  private double status(String field) throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/" + process.pid() + "/status"))) {
      if (line.startsWith(field)) {
        return Long.parseLong(line.replaceAll("\\D", "")) * 1024 / 1e6;
      }
    }
    throw new IOException("/proc/" + process.pid() + "/status has no " + field);
  }

  /** Tells it to end, by SIGTERM. */
  void terminate() {
    boolean _ = process.toHandle().destroy();
  }

  /** Whether it has ended within a time. */
  boolean endsWithin(Duration time) throws InterruptedException {
    return process.waitFor(time.toMillis(), TimeUnit.MILLISECONDS);
  }

  int exitCode() {
    return process.exitValue();
  }

  @Override
  public void close() {
    Process _ = process.destroyForcibly();
  }
}
