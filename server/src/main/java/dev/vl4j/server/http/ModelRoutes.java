package dev.vl4j.server.http;

import dev.vl4j.engine.Diagnostics;
import dev.vl4j.engine.Engine;
import dev.vl4j.engine.Part;
import dev.vl4j.server.api.ApiException;
import dev.vl4j.server.api.DetokenizeBody;
import dev.vl4j.server.api.ImageUrl;
import dev.vl4j.server.api.ImageUrls;
import dev.vl4j.server.api.Prompt;
import dev.vl4j.server.api.ServedModel;
import dev.vl4j.server.api.ServedModels;
import dev.vl4j.server.api.Task;
import dev.vl4j.server.api.TokenizeBody;
import dev.vl4j.server.transport.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** What the server says of itself and its models. */
final class ModelRoutes {
  private final Engines engines;
  private final ServedModels models;
  private final ImageUrls images;
  private final ServerOptions options;
  private final Dispatcher dispatcher;

  ModelRoutes(
      Engines engines,
      ServedModels models,
      ImageUrls images,
      ServerOptions options,
      Dispatcher dispatcher) {
    this.engines = engines;
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
        .post("/detokenize", this::detokenize);
  }

  private Reply health() {
    return Reply.empty(engines.isAlive() && !dispatcher.isDraining() ? 200 : 503);
  }

  private Reply tokenize(Call call) {
    TokenizeBody body = call.body(TokenizeBody::read);
    ServedModel model = models.find(body.model());
    Map<ImageUrl, Part> pictures = call.pictures(images, body.prompt().images());
    return call.compute(() -> tokenize(body, model, pictures));
  }

  private Reply tokenize(TokenizeBody body, ServedModel model, Map<ImageUrl, Part> pictures) {
    Engine engine = engines.of(model);
    List<Integer> ids = IntStream.of(tokens(body.prompt(), model, pictures)).boxed().toList();
    List<String> spellings = null;
    if (body.strings()) {
      spellings = new ArrayList<>();
      for (int id : ids) {
        spellings.add(engine.tokenSpelling(id));
      }
    }
    return Reply.json(new TokenizeBody.Answer(ids.size(), model.maxModelLen(), ids, spellings));
  }

  private int[] tokens(Prompt prompt, ServedModel model, Map<ImageUrl, Part> pictures) {
    return switch (prompt) {
      case Prompt.Text text -> engines.of(model).tokenize(text.text());
      case Prompt.Ids ids -> ids.ids();
      case Prompt.Chat chat when model.task() == Task.RERANK ->
          engines
              .requireReranker()
              .promptTokens(
                  chat.request(pictures).withParseSpecialTokens(options.parseSpecialTokens()), 0);
      case Prompt.Chat _ ->
          throw ApiException.badRequest(
              "messages of a query and a document are a reranker's, not those of " + model.name(),
              "body.messages",
              null);
    };
  }

  private Reply detokenize(Call call) {
    DetokenizeBody body = call.body(DetokenizeBody::read);
    Engine engine = engines.of(models.find(body.model()));
    return call.compute(
        () -> Reply.json(new DetokenizeBody.Answer(engine.detokenize(body.tokens()))));
  }
}
