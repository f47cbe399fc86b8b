package dev.vl4j.server.cli;

import dev.vl4j.engine.Diagnostics;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** The command line's root: says what there is. */
@Command(
    name = "vl4j",
    description = "Ranks, embeds and searches texts and images with Qwen3-VL, in the JVM.",
    synopsisSubcommandLabel = "COMMAND",
    versionProvider = Vl4jCommand.Version.class,
    footer = {
      "",
      "  vl4j demo                  shows a small model at work that is built in",
      "  vl4j COMMAND --help        says what a command can do, with examples",
      "",
      "The images of a folder, ranked by that small model, as a table:",
      "  vl4j rerank --query \"a red circle\" --image photos/ --format table",
      "",
      "A MODEL is demo, which is that one (demo-embedder for embed and search), a",
      "directory, or a model id such as Qwen/Qwen3-VL-Reranker-2B, which is",
      "downloaded once."
    })
final class Vl4jCommand implements Runnable {
  /** The version of this build. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"vl4j " + Diagnostics.version()};
    }
  }

  @Option(
      names = {"-V", "--version"},
      versionHelp = true,
      description = "Show the version.")
  boolean version;

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
        "no command; there are demo, rerank, embed, search, serve, inspect, bench, pull, doctor (see vl4j --help)");
  }
}
