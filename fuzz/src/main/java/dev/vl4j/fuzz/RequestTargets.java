package dev.vl4j.fuzz;

import dev.vl4j.engine.Content;
import dev.vl4j.engine.InvalidRequestException;
import dev.vl4j.engine.RequestLimits;
import dev.vl4j.server.api.ApiException;
import dev.vl4j.server.api.BatchLine;
import dev.vl4j.server.api.BodyLimits;
import dev.vl4j.server.api.CohereEmbedBody;
import dev.vl4j.server.api.DetokenizeBody;
import dev.vl4j.server.api.EmbedBody;
import dev.vl4j.server.api.Fields;
import dev.vl4j.server.api.ImageUrls;
import dev.vl4j.server.api.PoolingBody;
import dev.vl4j.server.api.PromptsBody;
import dev.vl4j.server.api.RerankBody;
import dev.vl4j.server.api.ScoreBody;
import dev.vl4j.server.api.ServedModel;
import dev.vl4j.server.api.ServedModels;
import dev.vl4j.server.api.Task;
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

  private static final ServedModels MODELS =
      new ServedModels(
          List.of(
              new ServedModel(Task.RERANK, List.of("rank"), "rank", 0, 8192),
              new ServedModel(Task.EMBED, List.of("vectors"), "vectors", 0, 8192)));

  private RequestTargets() {}

  static List<Target> all() {
    return List.of(
        Target.of("rerank-body", body(RequestTargets::rerank)),
        Target.of("score-body", body(ScoreBody::read)),
        Target.of("tokenize-body", body(TokenizeBody::read)),
        Target.of("detokenize-body", body(DetokenizeBody::read)),
        Target.of("prompts-body", body(PromptsBody::classification)),
        Target.of("embeddings-body", body(fields -> embed(EmbedBody.read(fields)))),
        Target.of("cohere-embed-body", body(RequestTargets::embedAsCohere)),
        Target.of("pooling-body", body(RequestTargets::pool)),
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

  private static Object embed(EmbedBody body) throws InterruptedException {
    List<Content> contents = body.contents(IMAGES.read(body.images(), bytes -> {}));
    return contents.isEmpty() ? body : body.request(contents);
  }

  private static Object embedAsCohere(Fields fields) throws InterruptedException {
    CohereEmbedBody body = CohereEmbedBody.read(fields);
    return body.request(IMAGES.read(body.images(), bytes -> {}), "i", 8192);
  }

  private static Object pool(Fields fields) throws InterruptedException {
    return switch (PoolingBody.read(fields, MODELS)) {
      case EmbedBody body -> embed(body);
      case PromptsBody body -> body;
    };
  }
}
