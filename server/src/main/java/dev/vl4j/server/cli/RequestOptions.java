package dev.vl4j.server.cli;

import dev.vl4j.engine.RerankRequest;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What the command line says about requests, whatever they say themselves. */
final class RequestOptions {
  @Option(
      names = "--instruction",
      paramLabel = "TEXT",
      description = "What counts as relevant; goes before the request's own.")
  @Nullable String instruction;

  @Option(
      names = "--top-n",
      paramLabel = "N",
      description = "Show only the best N; goes before the request's own.")
  @Nullable Integer topN;

  @Option(
      names = "--no-documents",
      description =
          "Leave the documents out of the answer, as a request's return_documents: false does.")
  boolean noDocuments;

  @Option(
      names = "--max-tokens-per-query",
      paramLabel = "N",
      description =
          "Cut the query's texts after N tokens, 0 for never; goes before the request's own.")
  @Nullable Integer maxQueryTokens;

  @Option(
      names = "--max-tokens-per-doc",
      paramLabel = "N",
      description =
          "Cut each document's texts after N tokens, 0 for never; goes before the request's own.")
  @Nullable Integer maxDocumentTokens;

  @Option(
      names = "--parse-special-tokens",
      description = "Control-token strings in the texts act as control tokens.")
  boolean parseSpecialTokens;

  /**
   * @throws CliException if a number is negative
   */
  void check() {
    check("--top-n", topN);
    check("--max-tokens-per-query", maxQueryTokens);
    check("--max-tokens-per-doc", maxDocumentTokens);
  }

  private static void check(String option, @Nullable Integer value) {
    if (value != null && value < 0) {
      throw new CliException(option + ": expected a number of 0 or more, found " + value);
    }
  }

  /** A request with what the options say. */
  RerankRequest adjust(RerankRequest request) {
    RerankRequest adjusted = request.withParseSpecialTokens(parseSpecialTokens);
    if (instruction != null) {
      adjusted = adjusted.withInstruction(instruction);
    }
    return adjusted
        .withMaxQueryTokens(orOwn(maxQueryTokens, request.maxQueryTokens()))
        .withMaxDocumentTokens(orOwn(maxDocumentTokens, request.maxDocumentTokens()));
  }

  /** How many documents to show, given what the request says; 0 for all. */
  int topN(int own) {
    return orOwn(topN, own);
  }

  private static int orOwn(@Nullable Integer value, int own) {
    return value == null ? own : value;
  }

  /** All of these options, in an order of their own. */
  String fingerprint() {
    return "instruction %s, top_n %s, no documents %s, query %s, document %s, special tokens %s"
        .formatted(
            instruction == null ? "none" : '"' + instruction + '"',
            topN,
            noDocuments,
            maxQueryTokens,
            maxDocumentTokens,
            parseSpecialTokens);
  }
}
