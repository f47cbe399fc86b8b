package dev.vl4j.server.batch;

import dev.vl4j.engine.Reranker;
import dev.vl4j.server.api.ImageUrls;
import dev.vl4j.server.media.MediaFetcher;
import dev.vl4j.server.media.MediaSettings;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.function.UnaryOperator;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Runs over strings. */
final class BatchHarness {
  static final int LONGEST_LINE = 10_000;

  private static final InstantSource CLOCK = InstantSource.fixed(Instant.ofEpochSecond(42));

  static final ImageUrls IMAGES =
      ImageUrls.anyFile(Path.of(""), new MediaFetcher(MediaSettings.DEFAULT));

  private BatchHarness() {}

  static RerankTask task(String fingerprint, Reranker reranker) {
    return new RerankTask(
        reranker,
        new RerankTask.Settings(
            "m", IMAGES, UnaryOperator.identity(), true, own -> own, fingerprint),
        CLOCK);
  }

  static BatchRun run(byte[] input, BatchOutput output, String fingerprint, Reranker reranker) {
    return new BatchRun(
        new BatchInput(new ByteArrayInputStream(input), "in", input.length, LONGEST_LINE),
        output,
        task(fingerprint, reranker));
  }

  /** Continues a file, or begins it. */
  static Tally toFile(byte[] input, Path file, String fingerprint, Reranker reranker) {
    try (BatchOutput output = BatchOutput.open(file, false)) {
      BatchRun run = run(input, output, fingerprint, reranker);
      run.resume();
      run.run();
      return run.tally();
    }
  }

  static List<JsonNode> answers(byte[] input, Reranker reranker) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    BatchOutput output =
        BatchOutput.stream(new PrintStream(out, false, StandardCharsets.UTF_8), "out");
    BatchRun run = run(input, output, "f", reranker);
    run.resume();
    run.run();
    JsonMapper mapper = JsonMapper.builder().build();
    String text = out.toString(StandardCharsets.UTF_8);
    return text.lines().map(mapper::readTree).toList();
  }

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** A line that asks for the ranking of two documents. */
  static String body(Object query) {
    return "{\"query\": \"%s\", \"documents\": [\"a %s\", \"b %s\"]}"
        .formatted(query, query, query);
  }

  /** The same in an envelope. */
  static String wrapped(Object query) {
    return "{\"custom_id\": \"c-%s\", \"method\": \"POST\", \"url\": \"/v2/rerank\", \"body\": %s}"
        .formatted(query, body(query));
  }
}
