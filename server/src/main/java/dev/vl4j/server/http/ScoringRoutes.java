package dev.vl4j.server.http;

import dev.vl4j.engine.Content;
import dev.vl4j.engine.Part;
import dev.vl4j.engine.Ranked;
import dev.vl4j.server.api.ApiException;
import dev.vl4j.server.api.ClassifyAnswer;
import dev.vl4j.server.api.ClassifyBody;
import dev.vl4j.server.api.CommonFields;
import dev.vl4j.server.api.ImageUrls;
import dev.vl4j.server.api.Prompt;
import dev.vl4j.server.api.RerankAnswer;
import dev.vl4j.server.api.RerankBody;
import dev.vl4j.server.api.ScoreAnswer;
import dev.vl4j.server.api.ScoreBody;
import dev.vl4j.server.api.ServedModels;
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

  private final Engine engine;
  private final ServedModels models;
  private final ImageUrls images;

  private final int maxImages;

  /**
   * @param maxImages in a query and a document together
   */
  ScoringRoutes(Engine engine, ServedModels models, ImageUrls images, int maxImages) {
    this.engine = engine;
    this.models = models;
    this.images = images;
    this.maxImages = maxImages;
  }

  void addTo(Routes routes) {
    for (String path : List.of("/rerank", "/v1/rerank", "/v2/rerank")) {
      routes.post(path, this::rerank);
    }
    for (String path : List.of("/score", "/v1/score")) {
      routes.post(path, this::score);
    }
    routes.post("/classify", this::classify);
  }

  private Reply rerank(Call call) {
    RerankBody body = RerankBody.read(call.body(), images);
    CommonFields common = body.scoring().common();
    begin(call, common);
    body.documents().forEach(document -> requireFewImages(body.query(), document));
    List<Ranked> ranked = call.await(engine.submit(body.request()));
    finish(call, common, ranked);
    return Reply.json(
        RerankAnswer.of(
            "score-" + call.id(),
            models.name(),
            ranked,
            body.echoes(),
            body.topN(),
            common.useActivation()));
  }

  private Reply score(Call call) {
    ScoreBody body = ScoreBody.read(call.body(), images);
    CommonFields common = body.scoring().common();
    begin(call, common);
    for (int i = 0; i < body.documents().size(); i++) {
      requireFewImages(body.query(i), body.documents().get(i));
    }
    List<Ranked> judged = judge(call, body);
    finish(call, common, judged);
    return Reply.json(
        ScoreAnswer.of("score-" + call.id(), now(), models.name(), judged, common.useActivation()));
  }

  /** Pairs of one query go to the engine together, queries a few at a time. */
  private List<Ranked> judge(Call call, ScoreBody body) {
    List<ScoreBody.Group> groups = body.groups();
    List<Ranked> judged = new ArrayList<>();
    for (int from = 0; from < groups.size(); from += MOST_AT_ONCE) {
      Map<ScoreBody.Group, CompletableFuture<List<Ranked>>> running = new LinkedHashMap<>();
      try {
        for (ScoreBody.Group group :
            groups.subList(from, Math.min(from + MOST_AT_ONCE, groups.size()))) {
          running.put(group, engine.submit(group.request()));
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
    ClassifyBody body = ClassifyBody.read(call.body());
    begin(call, body.common());
    List<int[]> prompts = new ArrayList<>();
    for (Prompt prompt : body.prompts()) {
      prompts.add(
          switch (prompt) {
            case Prompt.Text text -> engine.tokenize(text.text());
            case Prompt.Ids ids -> ids.ids();
          });
    }
    List<Ranked> judged = new ArrayList<>(call.await(engine.submitPrompts(prompts)));
    judged.sort(Comparator.comparingInt(Ranked::index));
    finish(call, body.common(), judged);
    return Reply.json(
        ClassifyAnswer.of(
            "classify-" + call.id(), now(), models.name(), judged, body.common().useActivation()));
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

  private void requireFewImages(Content query, Content document) {
    long count =
        Stream.concat(query.parts().stream(), document.parts().stream())
            .filter(Part.Image.class::isInstance)
            .count();
    if (count > maxImages) {
      throw ApiException.badRequest(
          "At most %d image(s) may be provided in one prompt.".formatted(maxImages), null, null);
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
