package dev.vl4j.server.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** The command line's root: says what there is. */
@Command(
    name = "vl4j",
    description = "Ranks texts and pictures with Qwen3-VL rerankers, in the JVM.",
    synopsisSubcommandLabel = "COMMAND")
final class Vl4jCommand implements Runnable {
  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      scope = ScopeType.INHERIT,
      description = "Show this help.")
  boolean help;

  @Option(
      names = "--verbose",
      scope = ScopeType.INHERIT,
      description = "Show the stack trace of a failure.")
  boolean verbose;

  @Override
  public void run() {
    throw new CliException(
        "no command; there are demo, rerank, serve, inspect, pull, doctor (see vl4j --help)");
  }
}
