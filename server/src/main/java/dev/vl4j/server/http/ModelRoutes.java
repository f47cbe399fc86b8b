package dev.vl4j.server.http;

import dev.vl4j.engine.Diagnostics;
import dev.vl4j.engine.Part;
import dev.vl4j.engine.Reranker;
import dev.vl4j.server.api.ApiException;
import dev.vl4j.server.api.DetokenizeBody;
import dev.vl4j.server.api.ImageUrl;
import dev.vl4j.server.api.ImageUrls;
import dev.vl4j.server.api.Prompt;
import dev.vl4j.server.api.ServedModels;
import dev.vl4j.server.api.TokenizeBody;
import dev.vl4j.server.transport.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** What the server says of itself and its model, and what a reranker cannot be asked. */
final class ModelRoutes {
  private final Reranker engine;
  private final ServedModels models;
  private final ImageUrls images;
  private final ServerOptions options;
  private final Dispatcher dispatcher;

  ModelRoutes(
      Reranker engine,
      ServedModels models,
      ImageUrls images,
      ServerOptions options,
      Dispatcher dispatcher) {
    this.engine = engine;
    this.models = models;
    this.images = images;
    this.options = options;
    this.dispatcher = dispatcher;
  }

  void addTo(Routes routes) {
    routes
        .get("/health", _ -> health())
        .get("/ping", _ -> health())
        .postNothing("/ping", _ -> health())
        .get("/version", _ -> Reply.json(Map.of("version", Diagnostics.version())))
        .get("/load", _ -> Reply.json(Map.of("server_load", dispatcher.load())))
        .get("/v1/models", _ -> Reply.json(models.answer()))
        .post("/tokenize", this::tokenize)
        .post("/detokenize", this::detokenize)
        .postNothing("/v1/embeddings", _ -> refuse("Embeddings"))
        .postNothing("/v2/embed", _ -> refuse("Embeddings"));
  }

  private Reply health() {
    return Reply.empty(engine.isAlive() && !dispatcher.isDraining() ? 200 : 503);
  }

  private static Reply refuse(String api) {
    throw ApiException.notImplemented(api);
  }

  private Reply tokenize(Call call) {
    TokenizeBody body = call.body(TokenizeBody::read);
    models.require(body.model());
    Map<ImageUrl, Part> pictures =
        body.prompt() instanceof Prompt.Chat chat ? call.pictures(images, chat.images()) : Map.of();
    return call.compute(() -> tokenize(body, pictures));
  }

  private Reply tokenize(TokenizeBody body, Map<ImageUrl, Part> pictures) {
    List<Integer> ids = IntStream.of(tokens(body.prompt(), pictures)).boxed().toList();
    List<String> spellings = null;
    if (body.strings()) {
      spellings = new ArrayList<>();
      for (int id : ids) {
        spellings.add(engine.tokenSpelling(id));
      }
    }
    return Reply.json(new TokenizeBody.Answer(ids.size(), models.maxModelLen(), ids, spellings));
  }

  private int[] tokens(Prompt prompt, Map<ImageUrl, Part> pictures) {
    return switch (prompt) {
      case Prompt.Text text -> engine.tokenize(text.text());
      case Prompt.Ids ids -> ids.ids();
      case Prompt.Chat chat ->
          engine.promptTokens(
              chat.request(pictures).withParseSpecialTokens(options.parseSpecialTokens()), 0);
    };
  }

  private Reply detokenize(Call call) {
    DetokenizeBody body = call.body(DetokenizeBody::read);
    models.require(body.model());
    return call.compute(
        () -> Reply.json(new DetokenizeBody.Answer(engine.detokenize(body.tokens()))));
  }
}
