package dev.vl4j.server.http;

import dev.vl4j.engine.Part;
import dev.vl4j.engine.RankedDocument;
import dev.vl4j.engine.Ranking;
import dev.vl4j.engine.RerankRequest;
import dev.vl4j.engine.Reranker;
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
import dev.vl4j.server.transport.Reply;
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

  private final Reranker engine;
  private final RequestQueue line;
  private final ServedModels models;
  private final ImageUrls images;
  private final ServerOptions options;

  /** Once is enough. */
  private volatile boolean warned;

  /**
   * @param line before the engine
   */
  ScoringRoutes(
      Reranker engine,
      RequestQueue line,
      ServedModels models,
      ImageUrls images,
      ServerOptions options) {
    this.engine = engine;
    this.line = line;
    this.models = models;
    this.images = images;
    this.options = options;
  }

  void addTo(Routes routes) {
    routes.post("/v1/rerank", call -> rerank(call, (answer, _) -> answer));
    for (String path : List.of("/rerank", "/v2/rerank")) {
      routes.post(path, call -> rerank(call, CohereRerankAnswer::of));
    }
    routes.post("/v1/rerank/explain", this::explain);
    for (String path : List.of("/score", "/v1/score")) {
      routes.post(path, this::score);
    }
    routes.post("/classify", this::classify).post("/pooling", this::pool);
  }

  /** The form that an answer is given in, which may tell how many documents there were. */
  private interface Form {
    Object of(RerankAnswer answer, int documents);
  }

  private Reply rerank(Call call, Form form) {
    RerankBody body = call.body(RerankBody::read);
    CommonFields common = body.scoring().common();
    RerankRequest request = request(call, body);
    List<RankedDocument> ranked =
        call.await(line.submit(call.peer(), () -> call.inTime(request))).documents();
    finish(call, common, ranked);
    return call.compute(() -> {
      RerankAnswer answer =
          RerankAnswer.of(
              "score-" + call.id(),
              models.name(),
              ranked,
              body.echoes(),
              body.topN(),
              common.useActivation());
      return Reply.json(form.of(answer, body.documents().size()));
    });
  }

  private RerankRequest request(Call call, RerankBody body) {
    begin(call, body.scoring().common());
    body.documents().forEach(document -> requireFewImages(body.query(), document));
    Map<ImageUrl, Part> pictures = call.pictures(images, body.images());
    return call.compute(() -> parsed(body.request(pictures)));
  }

  private Reply explain(Call call) {
    RerankBody body = call.body(RerankBody::read);
    RerankRequest request = request(call, body);
    Duration read = call.elapsed();
    Ranking ranking = call.await(line.submit(call.peer(), () -> call.inTime(request)));
    List<RankedDocument> ranked = ranking.documents();
    finish(call, body.scoring().common(), ranked);
    return call.compute(() -> {
      List<String> prompts = new ArrayList<>();
      for (RankedDocument shown :
          ranked.subList(0, RerankAnswer.shown(body.topN(), ranked.size()))) {
        call.requireWanted();
        prompts.add(engine.renderPrompt(request, shown.index()));
      }
      return Reply.json(
          ExplainAnswer.of(
              "explain-" + call.id(),
              models.name(),
              engine.precision().toString(),
              ranking,
              prompts,
              read,
              call.elapsed()));
    });
  }

  private Reply score(Call call) {
    ScoreBody body = call.body(ScoreBody::read);
    CommonFields common = body.scoring().common();
    begin(call, common);
    for (int i = 0; i < body.documents().size(); i++) {
      requireFewImages(body.query(i), body.documents().get(i));
    }
    List<RankedDocument> judged = judge(call, body, call.pictures(images, body.images()));
    finish(call, common, judged);
    return call.compute(() ->
        Reply.json(
            ScoreAnswer.of(
                "score-" + call.id(), now(), models.name(), judged, common.useActivation())));
  }

  /** Pairs of one query go to the engine together, queries a few at a time. */
  private List<RankedDocument> judge(Call call, ScoreBody body, Map<ImageUrl, Part> pictures) {
    List<ScoreBody.Group> groups = call.compute(() -> body.groups(pictures));
    List<RankedDocument> judged = new ArrayList<>();
    for (int from = 0; from < groups.size(); from += MOST_AT_ONCE) {
      Map<ScoreBody.Group, CompletableFuture<Ranking>> running = new LinkedHashMap<>();
      try {
        for (ScoreBody.Group group :
            groups.subList(from, Math.min(from + MOST_AT_ONCE, groups.size()))) {
          RerankRequest request = call.compute(() -> parsed(group.request()));
          running.put(group, line.submit(call.peer(), () -> call.inTime(request)));
        }
        running.forEach((group, work) -> judged.addAll(group.placed(call.await(work))));
      } finally {
        cancel(running.values());
      }
    }
    judged.sort(Comparator.comparingInt(RankedDocument::index));
    return judged;
  }

  /** What is done already does not mind. */
  private static void cancel(Collection<CompletableFuture<Ranking>> works) {
    works.forEach(work -> work.cancel(false));
  }

  private Reply classify(Call call) {
    PromptsBody body = call.body(PromptsBody::classification);
    List<RankedDocument> judged = judge(call, body);
    return call.compute(() ->
        Reply.json(
            ClassifyAnswer.of(
                "classify-" + call.id(),
                now(),
                models.name(),
                judged,
                body.common().useActivation())));
  }

  private Reply pool(Call call) {
    PromptsBody body = call.body(PromptsBody::pooling);
    List<RankedDocument> judged = judge(call, body);
    return call.compute(() ->
        Reply.json(
            PoolingAnswer.of(
                "pool-" + call.id(),
                now(),
                models.name(),
                judged,
                body.common().useActivation(),
                body.base64())));
  }

  private List<RankedDocument> judge(Call call, PromptsBody body) {
    begin(call, body.common());
    List<RankedDocument> judged = call.await(submit(call, body.prompts())).inRequestOrder();
    finish(call, body.common(), judged);
    return judged;
  }

  private CompletableFuture<Ranking> submit(Call call, List<Prompt> prompts) {
    if (prompts.getFirst() instanceof Prompt.Chat chat) { // which comes alone
      requireFewImages(chat.query(), chat.document());
      Map<ImageUrl, Part> pictures = call.pictures(images, chat.images());
      RerankRequest request = call.compute(() -> parsed(chat.request(pictures)));
      return line.submit(call.peer(), () -> call.inTime(request));
    }
    List<int[]> complete = call.compute(() -> tokens(call, prompts));
    return line.submitPrompts(call.peer(), complete);
  }

  private List<int[]> tokens(Call call, List<Prompt> prompts) {
    List<int[]> complete = new ArrayList<>();
    for (Prompt prompt : prompts) {
      call.requireWanted();
      complete.add(
          switch (prompt) {
            case Prompt.Text text -> engine.tokenizePrompt(text.text());
            case Prompt.Ids ids -> ids.ids();
            case Prompt.Chat chat -> throw new IllegalStateException("a chat beside " + chat);
          });
    }
    return complete;
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
  private static void finish(Call call, CommonFields common, List<RankedDocument> judged) {
    call.judged(judged.size(), judged.stream().mapToLong(RankedDocument::promptTokens).sum());
    int limit = common.truncateTokens();
    for (RankedDocument one : judged) {
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
