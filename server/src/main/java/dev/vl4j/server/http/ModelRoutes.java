package dev.vl4j.server.http;

import dev.vl4j.engine.Diagnostics;
import dev.vl4j.server.api.ApiException;
import dev.vl4j.server.api.DetokenizeBody;
import dev.vl4j.server.api.ImageUrls;
import dev.vl4j.server.api.Prompt;
import dev.vl4j.server.api.ServedModels;
import dev.vl4j.server.api.TokenizeBody;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;
import java.util.stream.IntStream;

/** What the server says of itself and its model, and what a reranker cannot be asked. */
final class ModelRoutes {
  private final Engine engine;
  private final ServedModels models;
  private final ImageUrls images;
  private final ServerOptions options;
  private final IntSupplier load;
  private final BooleanSupplier draining;

  /**
   * @param load how many requests are being answered
   * @param draining whether others are not any more
   */
  ModelRoutes(
      Engine engine,
      ServedModels models,
      ImageUrls images,
      ServerOptions options,
      IntSupplier load,
      BooleanSupplier draining) {
    this.engine = engine;
    this.models = models;
    this.images = images;
    this.options = options;
    this.load = load;
    this.draining = draining;
  }

  void addTo(Routes routes) {
    routes
        .get("/health", _ -> health())
        .get("/ping", _ -> health())
        .post("/ping", _ -> health())
        .get("/version", _ -> Reply.json(Map.of("version", Diagnostics.version())))
        .get("/load", _ -> Reply.json(Map.of("server_load", load.getAsInt())))
        .get("/v1/models", _ -> Reply.json(models.answer()))
        .post("/tokenize", this::tokenize)
        .post("/detokenize", this::detokenize)
        .post("/v1/embeddings", _ -> refuse("Embeddings"))
        .post("/v2/embed", _ -> refuse("Embeddings"));
  }

  private Reply health() {
    return Reply.empty(engine.isAlive() && !draining.getAsBoolean() ? 200 : 503);
  }

  private static Reply refuse(String api) {
    throw ApiException.notImplemented(api);
  }

  private Reply tokenize(Call call) {
    TokenizeBody body = TokenizeBody.read(call.body());
    models.require(body.model());
    List<Integer> ids = IntStream.of(tokens(call, body.prompt())).boxed().toList();
    List<String> spellings = null;
    if (body.strings()) {
      spellings = new ArrayList<>();
      for (int id : ids) {
        spellings.add(engine.tokenSpelling(id));
      }
    }
    return Reply.json(new TokenizeBody.Answer(ids.size(), models.maxModelLen(), ids, spellings));
  }

  private int[] tokens(Call call, Prompt prompt) {
    return switch (prompt) {
      case Prompt.Text text -> engine.tokenize(text.text());
      case Prompt.Ids ids -> ids.ids();
      case Prompt.Chat chat ->
          engine.promptTokens(
              chat.request(call.pictures(images, chat.images()))
                  .withParseSpecialTokens(options.parseSpecialTokens()),
              0);
    };
  }

  private Reply detokenize(Call call) {
    DetokenizeBody body = DetokenizeBody.read(call.body());
    models.require(body.model());
    return Reply.json(new DetokenizeBody.Answer(engine.detokenize(body.tokens())));
  }
}
