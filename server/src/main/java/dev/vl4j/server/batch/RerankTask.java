package dev.vl4j.server.batch;

import dev.vl4j.engine.Part;
import dev.vl4j.engine.RankedDocument;
import dev.vl4j.engine.Ranking;
import dev.vl4j.engine.RerankRequest;
import dev.vl4j.engine.Reranker;
import dev.vl4j.server.api.ApiException;
import dev.vl4j.server.api.BatchAnswer;
import dev.vl4j.server.api.BatchLine;
import dev.vl4j.server.api.BatchLine.Endpoint;
import dev.vl4j.server.api.CommonFields;
import dev.vl4j.server.api.ImageUrl;
import dev.vl4j.server.api.ImageUrls;
import dev.vl4j.server.api.RerankAnswer;
import dev.vl4j.server.api.RerankBody;
import dev.vl4j.server.api.ScoreAnswer;
import dev.vl4j.server.api.ScoreBody;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.IntUnaryOperator;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Lines that are bodies of {@code /v1/rerank} and {@code /v1/score}. */
public final class RerankTask implements LineTask<BatchLine> {
  /**
   * Enough for the next forward to be full while one runs, and a bound to the pixels that are held.
   */
  static final int MOST_AT_ONCE = 32;

  private static final String PREFIX = "score-";

  /**
   * What is done with all lines.
   *
   * @param model what answers call it
   * @param images where lines may have their pictures from
   * @param adjust applied to each request of the engine
   * @param returnDocuments whether answers repeat documents, unless a line says otherwise
   * @param topN how many documents an answer shows, given what its line says; 0 for all
   * @param fingerprint as {@link LineTask#fingerprint}
   */
  public record Settings(
      String model,
      ImageUrls images,
      UnaryOperator<RerankRequest> adjust,
      boolean returnDocuments,
      IntUnaryOperator topN,
      String fingerprint) {}

  private final Reranker reranker;
  private final Settings settings;
  private final InstantSource clock;

  /**
   * @param clock for answers that say when they were made
   */
  public RerankTask(Reranker reranker, Settings settings, InstantSource clock) {
    this.reranker = reranker;
    this.settings = settings;
    this.clock = clock;
  }

  @Override
  public int mostAtOnce() {
    return MOST_AT_ONCE;
  }

  @Override
  public String idPrefix() {
    return PREFIX;
  }

  @Override
  public String noun() {
    return "documents";
  }

  @Override
  public String fingerprint() {
    return settings.fingerprint();
  }

  @Override
  public BatchLine read(byte[] line) {
    return BatchLine.read(line);
  }

  @Override
  public byte[] refuse(@Nullable BatchLine line, String id, ApiException error) {
    return BatchAnswer.write(line, PREFIX, id, error);
  }

  @Override
  public Plan<?> plan(BatchLine line, String id) throws InterruptedException {
    return line.scoring() == Endpoint.SCORE
        ? score(line, ScoreBody.read(line.body()), id)
        : rerank(line, RerankBody.read(line.body()), id);
  }

  private Plan<Ranking> rerank(BatchLine line, RerankBody body, String id)
      throws InterruptedException {
    CommonFields common = body.scoring().common();
    refuseTruncation(common);
    RerankRequest request = settings.adjust().apply(body.request(pictures(body.images())));
    return plan(
        line,
        id,
        List.of(request),
        rankings ->
            RerankAnswer.of(
                PREFIX + id,
                settings.model(),
                rankings.getFirst().documents(),
                settings.returnDocuments()
                    ? body.echoes()
                    : RerankAnswer.noEchoes(body.documents().size()),
                settings.topN().applyAsInt(body.topN()),
                common.useActivation()));
  }

  private Plan<Ranking> score(BatchLine line, ScoreBody body, String id)
      throws InterruptedException {
    CommonFields common = body.scoring().common();
    refuseTruncation(common);
    List<ScoreBody.Group> groups = body.groups(pictures(body.images()));
    return plan(
        line,
        id,
        groups.stream().map(group -> settings.adjust().apply(group.request())).toList(),
        rankings -> {
          List<RankedDocument> judged = new ArrayList<>();
          for (int i = 0; i < groups.size(); i++) {
            judged.addAll(groups.get(i).placed(rankings.get(i)));
          }
          judged.sort(Comparator.comparingInt(RankedDocument::index));
          return ScoreAnswer.of(
              PREFIX + id,
              clock.instant().getEpochSecond(),
              settings.model(),
              judged,
              common.useActivation());
        });
  }

  private Plan<Ranking> plan(
      BatchLine line,
      String id,
      List<RerankRequest> requests,
      Function<List<Ranking>, Object> response) {
    List<Supplier<CompletableFuture<Ranking>>> works = new ArrayList<>();
    requests.forEach(request -> works.add(() -> reranker.submit(request)));
    return new Plan<>(
        works,
        rankings -> {
          List<RankedDocument> judged =
              rankings.stream().flatMap(ranking -> ranking.documents().stream()).toList();
          return new Answer(
              BatchAnswer.write(line, PREFIX, id, response.apply(rankings)),
              judged.size(),
              judged.stream().mapToLong(RankedDocument::promptTokens).sum());
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
}
