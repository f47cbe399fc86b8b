package dev.vl4j.fuzz;

import dev.vl4j.engine.InvalidRequestException;
import dev.vl4j.engine.RequestLimits;
import dev.vl4j.server.api.ApiException;
import dev.vl4j.server.api.BatchLine;
import dev.vl4j.server.api.BodyLimits;
import dev.vl4j.server.api.DetokenizeBody;
import dev.vl4j.server.api.ImageUrls;
import dev.vl4j.server.api.PromptsBody;
import dev.vl4j.server.api.RerankBody;
import dev.vl4j.server.api.ScoreBody;
import dev.vl4j.server.api.TokenizeBody;
import dev.vl4j.server.cli.ChatTemplateTarget;
import dev.vl4j.server.media.MediaFetcher;
import dev.vl4j.server.media.MediaSettings;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.util.List;
import java.util.Set;

/** What clients send: bodies, their images, templates. */
final class RequestTargets {
  private static final BodyLimits LIMITS = BodyLimits.of(RequestLimits.DEFAULT);

  private RequestTargets() {}

  static List<Target> all() {
    return List.of(
        Target.of("rerank-body", body(RequestTargets::rerank)),
        Target.of("score-body", body(input -> ScoreBody.read(stream(input), LIMITS))),
        Target.of("tokenize-body", body(input -> TokenizeBody.read(stream(input), LIMITS))),
        Target.of("detokenize-body", body(input -> DetokenizeBody.read(stream(input), LIMITS))),
        Target.of("prompts-body", body(input -> PromptsBody.classification(stream(input), LIMITS))),
        Target.of("batch-line", body(input -> BatchLine.read(input))),
        Target.of("chat-template", ChatTemplateTarget.reader(new Scratch())));
  }

  private interface Body {
    Object read(byte[] input) throws InterruptedException;
  }

  private static InputStream stream(byte[] input) {
    return new ByteArrayInputStream(input);
  }

  private static Target.Reader body(Body body) {
    return input -> {
      try {
        Object _ = body.read(input);
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

  private static Object rerank(byte[] input) throws InterruptedException {
    RerankBody body = RerankBody.read(stream(input), LIMITS);
    return body.request(IMAGES.read(body.images(), bytes -> {}));
  }
}
