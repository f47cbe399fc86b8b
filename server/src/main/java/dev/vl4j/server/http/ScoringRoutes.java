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
import dev.vl4j.server.api.ExplainAnswer;
import dev.vl4j.server.api.ImageUrl;
import dev.vl4j.server.api.PoolingAnswer;
import dev.vl4j.server.api.Prompt;
import dev.vl4j.server.api.PromptsBody;
import dev.vl4j.server.api.RerankAnswer;
import dev.vl4j.server.api.RerankBody;
import dev.vl4j.server.api.ScoreAnswer;
import dev.vl4j.server.api.ScoreBody;
import dev.vl4j.server.api.ServedModel;
import dev.vl4j.server.api.Task;
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
import org.jspecify.annotations.Nullable;

/** What the model is there for: ranking, scoring, classifying. */
final class ScoringRoutes {
  /** Requests to the engine that one request for many pairs has in flight at once. */
  private static final int MOST_AT_ONCE = 16;

  private static final System.Logger LOG = System.getLogger(ScoringRoutes.class.getName());

  private final Reranker engine;
  private final RequestQueue line;
  private final RequestContext context;

  /** What the paths are called in vLLM's errors. */
  private static final String RERANK = "Rerank (Score)";

  private static final String SCORE = "Score";
  private static final String CLASSIFY = "Classification";

  /** Once is enough. */
  private volatile boolean warned;

  /**
   * @param line before the engine
   */
  ScoringRoutes(Reranker engine, RequestQueue line, RequestContext context) {
    this.engine = engine;
    this.line = line;
    this.context = context;
  }

  /**
   * @param routes to which the paths of this task are added
   * @param scoring null where no model does this, which the paths then say
   */
  static void add(@Nullable ScoringRoutes scoring, Routes routes) {
    if (scoring != null) {
      scoring.addTo(routes);
      return;
    }
    for (String path : List.of("/rerank", "/v1/rerank", "/v2/rerank", "/v1/rerank/explain")) {
      routes.refuse(path, RERANK);
    }
    for (String path : List.of("/score", "/v1/score")) {
      routes.refuse(path, SCORE);
    }
    routes.refuse("/classify", CLASSIFY);
  }

  private void addTo(Routes routes) {
    routes.post("/v1/rerank", call -> rerank(call, (answer, _) -> answer));
    for (String path : List.of("/rerank", "/v2/rerank")) {
      routes.post(path, call -> rerank(call, CohereRerankAnswer::of));
    }
    routes.post("/v1/rerank/explain", this::explain);
    for (String path : List.of("/score", "/v1/score")) {
      routes.post(path, this::score);
    }
    routes.post("/classify", this::classify);
  }

  /** The form that an answer is given in, which may tell how many documents there were. */
  private interface Form {
    Object of(RerankAnswer answer, int documents);
  }

  private Reply rerank(Call call, Form form) {
    RerankBody body = call.body(RerankBody::read);
    CommonFields common = body.scoring().common();
    ServedModel model = begin(call, common, RERANK);
    RerankRequest request = request(call, body);
    List<RankedDocument> ranked = call.await(submit(call, request)).documents();
    finish(call, common, ranked);
    return call.compute(() -> {
      RerankAnswer answer =
          RerankAnswer.of(
              "score-" + call.id(),
              model.name(),
              ranked,
              body.echoes(),
              body.topN(),
              common.useActivation());
      return Reply.json(form.of(answer, body.documents().size()));
    });
  }

  private RerankRequest request(Call call, RerankBody body) {
    body.documents().forEach(document -> context.requireFewMedia(body.query(), document));
    Map<ImageUrl, Part> pictures = call.pictures(context.images(), body.images());
    return call.compute(() -> parsed(body.request(pictures)));
  }

  private CompletableFuture<Ranking> submit(Call call, RerankRequest request) {
    return line.rank(call.peer(), () -> engine.submit(call.inTime(request)));
  }

  private Reply explain(Call call) {
    RerankBody body = call.body(RerankBody::read);
    ServedModel model = begin(call, body.scoring().common(), RERANK);
    RerankRequest request = request(call, body);
    Duration read = call.elapsed();
    Ranking ranking = call.await(submit(call, request));
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
              model.name(),
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
    ServedModel model = begin(call, common, SCORE);
    for (int i = 0; i < body.documents().size(); i++) {
      context.requireFewMedia(body.query(i), body.documents().get(i));
    }
    List<RankedDocument> judged = judge(call, body, call.pictures(context.images(), body.images()));
    finish(call, common, judged);
    return call.compute(() ->
        Reply.json(
            ScoreAnswer.of(
                "score-" + call.id(),
                RequestContext.now(),
                model.name(),
                judged,
                common.useActivation())));
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
          running.put(group, submit(call, request));
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
    ServedModel model = begin(call, body.common(), CLASSIFY);
    List<RankedDocument> judged = judge(call, body);
    return call.compute(() ->
        Reply.json(
            ClassifyAnswer.of(
                "classify-" + call.id(),
                RequestContext.now(),
                model.name(),
                judged,
                body.common().useActivation())));
  }

  /** The answer of {@code /pooling}. */
  Reply pool(Call call, PromptsBody body) {
    ServedModel model = begin(call, body.common(), CLASSIFY);
    List<RankedDocument> judged = judge(call, body);
    return call.compute(() ->
        Reply.json(
            PoolingAnswer.of(
                "pool-" + call.id(),
                RequestContext.now(),
                model.name(),
                judged,
                body.common().useActivation(),
                body.base64())));
  }

  private List<RankedDocument> judge(Call call, PromptsBody body) {
    List<RankedDocument> judged = call.await(submit(call, body.prompts())).inRequestOrder();
    finish(call, body.common(), judged);
    return judged;
  }

  private CompletableFuture<Ranking> submit(Call call, List<Prompt> prompts) {
    if (prompts.getFirst() instanceof Prompt.Chat chat) { // which comes alone
      context.requireFewMedia(chat.query(), chat.document());
      Map<ImageUrl, Part> pictures = call.pictures(context.images(), chat.images());
      RerankRequest request = call.compute(() -> parsed(chat.request(pictures)));
      return submit(call, request);
    }
    List<int[]> complete = call.compute(() -> tokens(call, prompts));
    return line.rank(call.peer(), () -> engine.submitPrompts(complete));
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
    if (!context.options().parseSpecialTokens() && !warned && isFormatted(request)) {
      warned = true;
      LOG.log(
          System.Logger.Level.WARNING,
          "a request's texts hold <|im_start|>, which is text like any other here;"
              + " --parse-special-tokens is for texts that are formatted already");
    }
    return request.withParseSpecialTokens(context.options().parseSpecialTokens());
  }

  /** Whether somebody has put the prompt's own words around a text. */
  private static boolean isFormatted(RerankRequest request) {
    return Stream.concat(Stream.of(request.query()), request.documents().stream())
        .flatMap(content -> content.parts().stream())
        .anyMatch(part -> part instanceof Part.Text text && text.text().contains("<|im_start|>"));
  }

  private ServedModel begin(Call call, CommonFields common, String api) {
    return context.begin(call, common, Task.RERANK, api);
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
}
