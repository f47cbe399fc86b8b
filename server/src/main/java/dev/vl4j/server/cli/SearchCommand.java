package dev.vl4j.server.cli;

import picocli.CommandLine.Command;

/** Search over files: the root of the commands that make an index and ask it. */
@Command(
    name = "search",
    synopsisSubcommandLabel = "COMMAND",
    description = {
      "Search a folder of texts, images, PDF files and videos in two stages.",
      "",
      "  vl4j search index photos/ --into photos.index \\",
      "      --model Qwen/Qwen3-VL-Embedding-2B",
      "  vl4j search ask photos.index \"a red car\" \\",
      "      --reranker Qwen/Qwen3-VL-Reranker-2B --html answer.html",
      ""
    })
final class SearchCommand implements Runnable {
  @Override
  public void run() {
    throw new CliException("no command; there are index, ask (see vl4j search --help)");
  }
}
