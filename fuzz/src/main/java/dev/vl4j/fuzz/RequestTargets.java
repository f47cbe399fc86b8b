package dev.vl4j.fuzz;

import dev.vl4j.engine.InvalidRequestException;
import dev.vl4j.engine.RequestLimits;
import dev.vl4j.server.api.ApiException;
import dev.vl4j.server.api.BatchLine;
import dev.vl4j.server.api.BodyLimits;
import dev.vl4j.server.api.DetokenizeBody;
import dev.vl4j.server.api.Fields;
import dev.vl4j.server.api.ImageUrls;
import dev.vl4j.server.api.PromptsBody;
import dev.vl4j.server.api.RerankBody;
import dev.vl4j.server.api.ScoreBody;
import dev.vl4j.server.api.TokenizeBody;
import dev.vl4j.server.cli.ChatTemplateTarget;
import dev.vl4j.server.media.MediaFetcher;
import dev.vl4j.server.media.MediaSettings;
import java.io.ByteArrayInputStream;
import java.util.List;
import java.util.Set;

/** What clients send: bodies, their images, templates. */
final class RequestTargets {
  private static final BodyLimits LIMITS = BodyLimits.of(RequestLimits.DEFAULT);

  private RequestTargets() {}

  static List<Target> all() {
    return List.of(
        Target.of("rerank-body", body(RequestTargets::rerank)),
        Target.of("score-body", body(ScoreBody::read)),
        Target.of("tokenize-body", body(TokenizeBody::read)),
        Target.of("detokenize-body", body(DetokenizeBody::read)),
        Target.of("prompts-body", body(PromptsBody::classification)),
        Target.of("batch-line", input(BatchLine::read)),
        Target.of("embed-line", input(line -> BatchLine.readItem(line).item())),
        Target.of("chat-template", ChatTemplateTarget.reader(new Scratch())));
  }

  private interface Reading<T> {
    Object read(T input) throws InterruptedException;
  }

  private static Target.Reader body(Reading<Fields> reading) {
    return input(bytes -> reading.read(Fields.parse(new ByteArrayInputStream(bytes), LIMITS)));
  }

  private static Target.Reader input(Reading<byte[]> reading) {
    return input -> {
      try {
        Object _ = reading.read(input);
      } catch (ApiException | InvalidRequestException e) {
        CheckpointTargets.refused(e, input);
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    };
  }

  /** Fetching is off: whoever fuzzes must not send requests to hosts that inputs name. */
  private static final ImageUrls IMAGES =
      ImageUrls.filesUnder(
          null, new MediaFetcher(MediaSettings.DEFAULT.withDomains(Set.of("none.invalid"))));

  private static Object rerank(Fields fields) throws InterruptedException {
    RerankBody body = RerankBody.read(fields);
    return body.request(IMAGES.read(body.images(), bytes -> {}));
  }
}
