package dev.vl4j.server.process;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A program on this process's class path, to be run by this process's Java with the flags that vl4j
 * needs there.
 *
 * @param main its class
 * @param options of Java, besides those flags
 * @param arguments of the program
 * @param shell what a shell does before, such as {@code ulimit -n 64; }; empty for no shell
 */
public record JavaCommand(String main, List<String> options, List<String> arguments, String shell) {
  /** What the launcher tells Java about memory. */
  public static final List<String> LAUNCHER_OPTIONS =
      List.of(
          "-XX:G1PeriodicGCInterval=15000",
          "-XX:-G1PeriodicGCInvokesConcurrent",
          "-XX:MinHeapFreeRatio=10",
          "-XX:MaxHeapFreeRatio=30",
          "-XX:TrimNativeHeapInterval=15000");

  /** For a program that ends before the second compiler pays. */
  public static final List<String> BRIEF = List.of("-XX:TieredStopAtLevel=1");

  private static final List<String> FLAGS =
      List.of(
          "--add-modules",
          "jdk.incubator.vector",
          "--enable-native-access=ALL-UNNAMED",
          "--sun-misc-unsafe-memory-access=allow");

  public JavaCommand {
    options = List.copyOf(options);
    arguments = List.copyOf(arguments);
  }

  public static JavaCommand of(Class<?> main, List<String> arguments) {
    return new JavaCommand(main.getName(), List.of(), arguments, "");
  }

  /** The command line of vl4j. */
  public static JavaCommand vl4j(String... arguments) {
    return new JavaCommand("dev.vl4j.server.cli.Main", List.of(), List.of(arguments), "");
  }

  /** {@code vl4j serve} with the demonstration model, at a free port of the loopback address. */
  public static JavaCommand serveDemo(String... flags) {
    List<String> arguments =
        new ArrayList<>(List.of("serve", "demo", "--host", "127.0.0.1", "--port", "0"));
    arguments.addAll(Arrays.asList(flags));
    return vl4j(arguments.toArray(String[]::new));
  }

  public JavaCommand withOptions(List<String> options) {
    return new JavaCommand(main, options, arguments, shell);
  }

  public JavaCommand withShell(String shell) {
    return new JavaCommand(main, options, arguments, shell);
  }

  /** Ready to start; what it says on standard error is among what it prints. */
  public ProcessBuilder builder() {
    List<String> command = new ArrayList<>();
    if (!shell.isEmpty()) {
      command.addAll(List.of("/bin/sh", "-c", shell + "exec \"$@\"", "sh"));
    }
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(FLAGS);
    command.addAll(options);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main));
    command.addAll(arguments);
    return new ProcessBuilder(command).redirectErrorStream(true);
  }
}
