package dev.vl4j.server.http;

import dev.vl4j.engine.Part;
import dev.vl4j.engine.Ranked;
import dev.vl4j.engine.Ranking;
import dev.vl4j.engine.RerankRequest;
import dev.vl4j.server.api.ApiException;
import dev.vl4j.server.api.ClassifyAnswer;
import dev.vl4j.server.api.CohereRerankAnswer;
import dev.vl4j.server.api.CommonFields;
import dev.vl4j.server.api.ContentBody;
import dev.vl4j.server.api.ExplainAnswer;
import dev.vl4j.server.api.ImageUrl;
import dev.vl4j.server.api.ImageUrls;
import dev.vl4j.server.api.PoolingAnswer;
import dev.vl4j.server.api.Prompt;
import dev.vl4j.server.api.PromptsBody;
import dev.vl4j.server.api.RerankAnswer;
import dev.vl4j.server.api.RerankBody;
import dev.vl4j.server.api.ScoreAnswer;
import dev.vl4j.server.api.ScoreBody;
import dev.vl4j.server.api.ServedModels;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

/** What the model is there for: ranking, scoring, classifying. */
final class ScoringRoutes {
  /** Requests to the engine that one request for many pairs has in flight at once. */
  private static final int MOST_AT_ONCE = 16;

  private static final System.Logger LOG = System.getLogger(ScoringRoutes.class.getName());

  private final Engine engine;
  private final ServedModels models;
  private final ImageUrls images;
  private final ServerOptions options;

  /** Once is enough. */
  private volatile boolean warned;

  ScoringRoutes(Engine engine, ServedModels models, ImageUrls images, ServerOptions options) {
    this.engine = engine;
    this.models = models;
    this.images = images;
    this.options = options;
  }

  void addTo(Routes routes) {
    routes.post("/v1/rerank", call -> Reply.json(rerank(call, RerankBody.read(call.body()))));
    for (String path : List.of("/rerank", "/v2/rerank")) {
      routes.post(path, this::rerankAsCohere);
    }
    routes.post("/v1/rerank/explain", this::explain);
    for (String path : List.of("/score", "/v1/score")) {
      routes.post(path, this::score);
    }
    routes.post("/classify", this::classify).post("/pooling", this::pool);
  }

  private Reply rerankAsCohere(Call call) {
    RerankBody body = RerankBody.read(call.body());
    return Reply.json(CohereRerankAnswer.of(rerank(call, body), body.documents().size()));
  }

  private RerankAnswer rerank(Call call, RerankBody body) {
    CommonFields common = body.scoring().common();
    List<Ranked> ranked = call.await(engine.submit(request(call, body)));
    finish(call, common, ranked);
    return RerankAnswer.of(
        "score-" + call.id(),
        models.name(),
        ranked,
        body.echoes(),
        body.topN(),
        common.useActivation());
  }

  private RerankRequest request(Call call, RerankBody body) {
    begin(call, body.scoring().common());
    body.documents().forEach(document -> requireFewImages(body.query(), document));
    return parsed(body.request(call.pictures(images, body.images())));
  }

  private Reply explain(Call call) {
    RerankBody body = RerankBody.read(call.body());
    RerankRequest request = request(call, body);
    Duration read = call.elapsed();
    Ranking ranking = call.await(engine.submitWithReport(request));
    List<Ranked> ranked = ranking.documents();
    finish(call, body.scoring().common(), ranked);
    List<String> prompts =
        ranked.subList(0, RerankAnswer.shown(body.topN(), ranked.size())).stream()
            .map(document -> engine.renderPrompt(request, document.index()))
            .toList();
    return Reply.json(
        ExplainAnswer.of(
            "explain-" + call.id(),
            models.name(),
            engine.precision().toString(),
            ranking,
            prompts,
            read,
            call.elapsed()));
  }

  private Reply score(Call call) {
    ScoreBody body = ScoreBody.read(call.body());
    CommonFields common = body.scoring().common();
    begin(call, common);
    for (int i = 0; i < body.documents().size(); i++) {
      requireFewImages(body.query(i), body.documents().get(i));
    }
    List<Ranked> judged = judge(call, body, call.pictures(images, body.images()));
    finish(call, common, judged);
    return Reply.json(
        ScoreAnswer.of("score-" + call.id(), now(), models.name(), judged, common.useActivation()));
  }

  /** Pairs of one query go to the engine together, queries a few at a time. */
  private List<Ranked> judge(Call call, ScoreBody body, Map<ImageUrl, Part> pictures) {
    List<ScoreBody.Group> groups = body.groups(pictures);
    List<Ranked> judged = new ArrayList<>();
    for (int from = 0; from < groups.size(); from += MOST_AT_ONCE) {
      Map<ScoreBody.Group, CompletableFuture<List<Ranked>>> running = new LinkedHashMap<>();
      try {
        for (ScoreBody.Group group :
            groups.subList(from, Math.min(from + MOST_AT_ONCE, groups.size()))) {
          running.put(group, engine.submit(parsed(group.request())));
        }
        running.forEach((group, work) -> judged.addAll(group.placed(call.await(work))));
      } finally {
        cancel(running.values());
      }
    }
    judged.sort(Comparator.comparingInt(Ranked::index));
    return judged;
  }

  /** What is done already does not mind. */
  private static void cancel(Collection<CompletableFuture<List<Ranked>>> works) {
    works.forEach(work -> work.cancel(false));
  }

  private Reply classify(Call call) {
    PromptsBody body = PromptsBody.classification(call.body());
    List<Ranked> judged = judge(call, body);
    return Reply.json(
        ClassifyAnswer.of(
            "classify-" + call.id(), now(), models.name(), judged, body.common().useActivation()));
  }

  private Reply pool(Call call) {
    PromptsBody body = PromptsBody.pooling(call.body());
    List<Ranked> judged = judge(call, body);
    return Reply.json(
        PoolingAnswer.of(
            "pool-" + call.id(),
            now(),
            models.name(),
            judged,
            body.common().useActivation(),
            body.base64()));
  }

  private List<Ranked> judge(Call call, PromptsBody body) {
    begin(call, body.common());
    List<Ranked> judged = new ArrayList<>(call.await(submit(call, body.prompts())));
    judged.sort(Comparator.comparingInt(Ranked::index));
    finish(call, body.common(), judged);
    return judged;
  }

  private CompletableFuture<List<Ranked>> submit(Call call, List<Prompt> prompts) {
    List<int[]> complete = new ArrayList<>();
    for (Prompt prompt : prompts) {
      switch (prompt) {
        case Prompt.Text text -> complete.add(engine.tokenizePrompt(text.text()));
        case Prompt.Ids ids -> complete.add(ids.ids());
        case Prompt.Chat chat -> { // a body has one and nothing else
          requireFewImages(chat.query(), chat.document());
          Map<ImageUrl, Part> pictures = call.pictures(images, chat.images());
          return engine.submit(parsed(chat.request(pictures)));
        }
      }
    }
    return engine.submitPrompts(complete);
  }

  private RerankRequest parsed(RerankRequest request) {
    if (!options.parseSpecialTokens() && !warned && isFormatted(request)) {
      warned = true;
      LOG.log(
          System.Logger.Level.WARNING,
          "a request's texts hold <|im_start|>, which is text like any other here;"
              + " --parse-special-tokens is for texts that are formatted already");
    }
    return request.withParseSpecialTokens(options.parseSpecialTokens());
  }

  /** Whether somebody has put the prompt's own words around a text. */
  private static boolean isFormatted(RerankRequest request) {
    return Stream.concat(Stream.of(request.query()), request.documents().stream())
        .flatMap(content -> content.parts().stream())
        .anyMatch(part -> part instanceof Part.Text text && text.text().contains("<|im_start|>"));
  }

  private void begin(Call call, CommonFields common) {
    models.require(common.model());
    call.named(common.requestId());
    if (common.truncateTokens() > models.maxModelLen()) {
      throw ApiException.badRequest(
          "truncate_prompt_tokens value is greater than max_model_len."
              + " Please, select a smaller truncation size.",
          "body.truncate_prompt_tokens",
          null);
    }
  }

  private void requireFewImages(ContentBody query, ContentBody document) {
    if (query.images().size() + document.images().size() > options.maxImages()) {
      throw ApiException.badRequest(
          "At most %d image(s) may be provided in one prompt.".formatted(options.maxImages()),
          null,
          null);
    }
  }

  /** Cutting a finished prompt would cut its own words, so only prompts that need none pass. */
  private static void finish(Call call, CommonFields common, List<Ranked> judged) {
    call.judged(judged.size(), judged.stream().mapToLong(Ranked::promptTokens).sum());
    int limit = common.truncateTokens();
    for (Ranked one : judged) {
      if (limit > 0 && one.promptTokens() > limit) {
        throw ApiException.badRequest(
            ("document %d: the prompt has %d tokens, and cutting it to %d would cut the model's own"
                    + " words; max_tokens_per_doc cuts documents")
                .formatted(one.index(), one.promptTokens(), limit),
            "body.truncate_prompt_tokens",
            null);
      }
    }
  }

  private static long now() {
    return System.currentTimeMillis() / 1000;
  }
}
