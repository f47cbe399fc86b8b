package dev.vl4j.server.batch;

import dev.vl4j.engine.InvalidRequestException;
import dev.vl4j.engine.NonFiniteResultException;
import dev.vl4j.engine.OverloadedException;
import dev.vl4j.engine.Part;
import dev.vl4j.engine.RankedDocument;
import dev.vl4j.engine.Ranking;
import dev.vl4j.engine.RerankRequest;
import dev.vl4j.engine.Reranker;
import dev.vl4j.server.api.ApiException;
import dev.vl4j.server.api.BatchAnswer;
import dev.vl4j.server.api.BatchLine;
import dev.vl4j.server.api.CommonFields;
import dev.vl4j.server.api.ImageUrl;
import dev.vl4j.server.api.RerankAnswer;
import dev.vl4j.server.api.RerankBody;
import dev.vl4j.server.api.ScoreAnswer;
import dev.vl4j.server.api.ScoreBody;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Semaphore;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Turns lines into answers. What is wrong with a line becomes its answer. */
final class Answerer {
  /** What a line asks of the engine, and how the rankings become its answer. */
  private record Plan(List<RerankRequest> requests, Function<List<Ranking>, Object> response) {}

  private final Reranker reranker;
  private final BatchSettings settings;
  private final LineIds ids;
  private final int longestLine;
  private final InstantSource clock;
  private final Semaphore places;

  /**
   * @param mostRequests that the engine has in flight at once
   * @param longestLine what is said of a line that is longer
   */
  Answerer(
      Reranker reranker,
      BatchSettings settings,
      int mostRequests,
      int longestLine,
      InstantSource clock) {
    this.reranker = reranker;
    this.settings = settings;
    this.longestLine = longestLine;
    this.clock = clock;
    ids = new LineIds(settings.fingerprint());
    places = new Semaphore(mostRequests);
  }

  /**
   * Begins to answer a line, and waits while the engine has enough to do.
   *
   * @param answer where the answer goes; it ends exceptionally if the engine fails in a way that no
   *     line explains. Cancelling it cancels the work
   */
  void answer(Line line, CompletableFuture<Answered> answer) {
    String id = ids.of(line);
    BatchLine read = null;
    try {
      read = read(line);
      submit(line, read, plan(read, id), answer);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      answer.completeExceptionally(new IllegalStateException("interrupted", e));
    } catch (RuntimeException | Error e) {
      fail(line, read, e, answer);
    }
  }

  private BatchLine read(Line line) {
    if (line.tooLong()) {
      throw ApiException.of(
          413,
          "Request Entity Too Large",
          "the line is longer than %d bytes".formatted(longestLine));
    }
    return BatchLine.read(line.bytes());
  }

  private Plan plan(BatchLine line, String id) throws InterruptedException {
    return switch (line.endpoint()) {
      case RERANK -> rerank(RerankBody.read(line.body()), "score-" + id);
      case SCORE -> score(ScoreBody.read(line.body()), "score-" + id);
    };
  }

  private Plan rerank(RerankBody body, String id) throws InterruptedException {
    CommonFields common = body.scoring().common();
    refuseTruncation(common);
    return new Plan(
        List.of(settings.adjust().apply(body.request(pictures(body.images())))),
        rankings ->
            RerankAnswer.of(
                id,
                settings.model(),
                rankings.getFirst().documents(),
                settings.returnDocuments()
                    ? body.echoes()
                    : RerankAnswer.noEchoes(body.documents().size()),
                settings.topN().applyAsInt(body.topN()),
                common.useActivation()));
  }

  private Plan score(ScoreBody body, String id) throws InterruptedException {
    CommonFields common = body.scoring().common();
    refuseTruncation(common);
    List<ScoreBody.Group> groups = body.groups(pictures(body.images()));
    return new Plan(
        groups.stream().map(group -> settings.adjust().apply(group.request())).toList(),
        rankings -> {
          List<RankedDocument> judged = new ArrayList<>();
          for (int i = 0; i < groups.size(); i++) {
            judged.addAll(groups.get(i).placed(rankings.get(i)));
          }
          judged.sort(Comparator.comparingInt(RankedDocument::index));
          return ScoreAnswer.of(
              id,
              clock.instant().getEpochSecond(),
              settings.model(),
              judged,
              common.useActivation());
        });
  }

  private Map<ImageUrl, Part> pictures(List<ImageUrl> urls) throws InterruptedException {
    return settings.images().read(urls, _ -> {});
  }

  private static void refuseTruncation(CommonFields common) {
    if (common.truncateTokens() > 0) {
      throw ApiException.badRequest(
          "truncate_prompt_tokens: not supported; see max_tokens_per_doc",
          "body.truncate_prompt_tokens",
          null);
    }
  }

  private void submit(Line line, BatchLine read, Plan plan, CompletableFuture<Answered> answer) {
    List<CompletableFuture<Ranking>> works = new ArrayList<>();
    for (RerankRequest request : plan.requests()) {
      places.acquireUninterruptibly();
      if (answer.isDone()) {
        places.release();
        return;
      }
      works.add(submit(request, line, read, answer));
    }
    CompletableFuture<Void> _ =
        CompletableFuture.allOf(works.toArray(CompletableFuture[]::new))
            .thenRun(() -> {
              try {
                List<Ranking> rankings = works.stream().map(CompletableFuture::resultNow).toList();
                answer.complete(answered(line, read, plan, rankings));
              } catch (RuntimeException | Error e) {
                fail(line, read, e, answer);
              }
            });
  }

  /** One request of a line; the place that it takes is given back when it ends. */
  private CompletableFuture<Ranking> submit(
      RerankRequest request, Line line, BatchLine read, CompletableFuture<Answered> answer) {
    CompletableFuture<Ranking> work = null;
    try {
      work = reranker.submit(request);
    } finally {
      if (work == null) {
        places.release();
      }
    }
    CompletableFuture<Ranking> submitted = work;
    CompletableFuture<Ranking> _ =
        submitted.whenComplete((_, failure) -> {
          places.release();
          if (failure != null) {
            fail(line, read, failure, answer);
          }
        });
    CompletableFuture<Answered> _ = answer.whenComplete((_, _) -> submitted.cancel(false));
    return submitted;
  }

  private Answered answered(Line line, BatchLine read, Plan plan, List<Ranking> rankings) {
    List<RankedDocument> judged =
        rankings.stream().flatMap(ranking -> ranking.documents().stream()).toList();
    Object response = plan.response().apply(rankings);
    return new Answered(
        line(BatchAnswer.write(read, ids.of(line), response)),
        judged.size(),
        judged.stream().mapToLong(RankedDocument::promptTokens).sum(),
        null,
        line.end());
  }

  private void fail(
      Line line, @Nullable BatchLine read, Throwable failure, CompletableFuture<Answered> answer) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    ApiException error = explained(cause);
    if (error == null) {
      answer.completeExceptionally(cause);
      return;
    }
    String place = "line " + line.row();
    byte[] json = line(BatchAnswer.write(read, ids.of(line), error.at(place)));
    answer.complete(new Answered(json, 0, 0, place + ": " + error.summary(), line.end()));
  }

  /** The error that a line is answered with, or null if the run cannot go on. */
  private static @Nullable ApiException explained(Throwable failure) {
    return switch (failure) {
      case ApiException e -> e;
      case InvalidRequestException e ->
          ApiException.badRequest(String.valueOf(e.getMessage()), null, e);
      case NonFiniteResultException e ->
          ApiException.of(500, "InternalServerError", String.valueOf(e.getMessage()));
      case OverloadedException e ->
          ApiException.of(503, "ServiceUnavailableError", String.valueOf(e.getMessage()));
      case OutOfMemoryError _ ->
          ApiException.of(
              503,
              "ServiceUnavailableError",
              "not enough memory for this request: use fewer or smaller documents");
      default -> null;
    };
  }

  private static byte[] line(byte[] json) {
    byte[] line = Arrays.copyOf(json, json.length + 1);
    line[json.length] = '\n';
    return line;
  }
}
