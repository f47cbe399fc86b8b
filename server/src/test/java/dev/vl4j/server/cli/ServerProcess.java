package dev.vl4j.server.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A whole process that serves the demonstration model. */
final class ServerProcess implements AutoCloseable {
  private static final Pattern SERVING = Pattern.compile("vl4j: serving .* at http://.*:(\\d+)");

  private final Process process;
  private final BufferedReader out;
  private final List<String> lines = new ArrayList<>();
  private final int port;

  private ServerProcess(Process process) throws IOException {
    this.process = process;
    out = process.inputReader();
    int found = 0;
    while (found == 0) {
      String line = out.readLine();
      if (line == null) {
        throw new IOException("the server has ended: " + lines);
      }
      lines.add(line);
      Matcher matcher = SERVING.matcher(line);
      found = matcher.matches() ? Integer.parseInt(matcher.group(1)) : 0;
    }
    port = found;
  }

  /**
   * Starts one.
   *
   * @param before what the shell does first, such as setting a limit
   */
  static ServerProcess start(String before, String... options) throws IOException {
    List<String> java =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules",
                "jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                System.getProperty("java.class.path"),
                "dev.vl4j.server.cli.Main",
                "serve",
                "demo",
                "--host",
                "127.0.0.1",
                "--port",
                "0"));
    java.addAll(List.of(options));
    List<String> command = new ArrayList<>(List.of("/bin/sh", "-c", before + "exec \"$@\"", "sh"));
    command.addAll(java);
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    try {
      return new ServerProcess(process);
    } catch (IOException | RuntimeException e) {
      process.destroyForcibly();
      throw e;
    }
  }

  int port() {
    return port;
  }

  /** Sends SIGTERM. Unlike the process's own method, the handle's leaves the streams open. */
  void terminate() {
    if (!process.toHandle().destroy()) {
      throw new IllegalStateException("the process cannot be told to end");
    }
  }

  /** Reads all that it says until it ends. */
  List<String> rest() throws IOException {
    for (String line = out.readLine(); line != null; line = out.readLine()) {
      lines.add(line);
    }
    return lines;
  }

  /** Reads until a line has some words in it. */
  String awaitLine(String words) throws IOException {
    for (String line = out.readLine(); line != null; line = out.readLine()) {
      lines.add(line);
      if (line.contains(words)) {
        return line;
      }
    }
    throw new IOException("the server has ended: " + lines);
  }

  int exitCode() throws InterruptedException {
    if (!process.waitFor(60, TimeUnit.SECONDS)) {
      throw new IllegalStateException("the server does not end: " + lines);
    }
    return process.exitValue();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
