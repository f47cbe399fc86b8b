package dev.vl4j.server.cli;

import dev.vl4j.engine.RequestLimits;
import dev.vl4j.engine.RerankRequest;
import dev.vl4j.loader.JsonReason;
import dev.vl4j.server.api.ApiException;
import dev.vl4j.server.api.BodyLimits;
import dev.vl4j.server.api.Fields;
import dev.vl4j.server.api.ImageUrls;
import dev.vl4j.server.api.RerankAnswer;
import dev.vl4j.server.api.RerankBody;
import java.io.ByteArrayInputStream;
import java.util.List;
import tools.jackson.databind.JsonNode;

/**
 * A request and what its answer repeats of it.
 *
 * @param request without a limit, because usage counts all documents; the answer is cut afterwards
 * @param echoes each document as the response shows it: a string, or an array of content parts
 * @param topN how many results to show; 0 for all
 * @param probabilities whether scores are probabilities; logits otherwise
 */
record Job(RerankRequest request, List<JsonNode> echoes, int topN, boolean probabilities) {
  Job {
    echoes = List.copyOf(echoes);
  }

  /**
   * Reads the body of vLLM's {@code /v1/rerank}, in UTF-8. {@code model} is not looked at: the
   * command line names the model.
   *
   * @param limits of the request that the body asks for
   */
  static Job read(byte[] body, ImageUrls images, RequestLimits limits) throws InterruptedException {
    try {
      Fields fields = Fields.parse(new ByteArrayInputStream(body), BodyLimits.of(limits));
      if (fields.isScoreBody()) {
        throw new CliException(
            "--input: a body of /v1/score is answered as a line of JSON Lines: on one line, in a"
                + " file named .jsonl or with --jsonl");
      }
      RerankBody read = RerankBody.read(fields);
      if (read.scoring().common().truncateTokens() > 0) {
        throw new CliException("truncate_prompt_tokens: not supported; see max_tokens_per_doc");
      }
      return new Job(
          read.request(images.read(read.images(), _ -> {})),
          read.echoes(),
          read.topN(),
          read.scoring().common().useActivation());
    } catch (ApiException e) {
      if (e.summary().contains(JsonReason.MORE_FOLLOWS)) {
        throw new CliException(e.summary() + "; --jsonl: any number of lines", e);
      }
      throw refused(e);
    }
  }

  /** The same refusal as one line. */
  static CliException refused(ApiException failure) {
    return new CliException(failure.summary(), failure);
  }

  /** How many of {@code ranked} results are shown. */
  int shown(int ranked) {
    return RerankAnswer.shown(topN, ranked);
  }
}
