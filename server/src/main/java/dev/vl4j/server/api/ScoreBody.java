package dev.vl4j.server.api;

import dev.vl4j.engine.Content;
import dev.vl4j.engine.Part;
import dev.vl4j.engine.RankedDocument;
import dev.vl4j.engine.Ranking;
import dev.vl4j.engine.RerankRequest;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/**
 * The body of {@code /v1/score}: queries and documents, judged in pairs, or one query with each
 * document.
 *
 * @param queries as many as documents, or one
 */
public record ScoreBody(
    ScoringFields scoring, List<ContentBody> queries, List<ContentBody> documents) {
  private static final List<List<String>> SPELLINGS =
      List.of(
          List.of("queries", "documents"),
          List.of("queries", "items"),
          List.of("data_1", "data_2"),
          List.of("text_1", "text_2"));

  public ScoreBody {
    queries = List.copyOf(queries);
    documents = List.copyOf(documents);
  }

  /**
   * @throws ApiException if the body cannot be answered
   */
  public static ScoreBody read(Fields fields) {
    Contents contents = new Contents(fields);
    ScoringFields scoring = ScoringFields.read(fields);
    List<String> spelling = spelling(fields);
    String first = spelling.getFirst();
    String second = spelling.getLast();
    List<ContentBody> queries = contents.list(fields.required(first), "body." + first);
    List<ContentBody> documents = contents.list(fields.required(second), "body." + second);
    fields.finish();
    if (queries.isEmpty()) {
      throw refused("At least one text element must be given", first);
    }
    if (documents.isEmpty()) {
      throw refused("At least one text_pair element must be given", second);
    }
    if (queries.size() > 1 && queries.size() != documents.size()) {
      throw refused("Input lengths must be either 1:1, 1:N or N:N", second);
    }
    return new ScoreBody(scoring, queries, documents);
  }

  /** Whether a body has a field of {@code /v1/score}, and none that only {@code /v1/rerank} has. */
  static boolean isOne(JsonNode body) {
    return !body.has("query")
        && SPELLINGS.stream()
            .flatMap(List::stream)
            .anyMatch(name -> !name.equals("documents") && body.has(name));
  }

  private static ApiException refused(String message, String field) {
    return ApiException.badRequest(message, "body." + field, null);
  }

  /** The spelling that has both of its fields, or else one of them, or else the first. */
  private static List<String> spelling(Fields fields) {
    for (List<String> spelling : SPELLINGS) {
      if (spelling.stream().allMatch(fields::has)) {
        return spelling;
      }
    }
    for (List<String> spelling : SPELLINGS) {
      if (spelling.stream().anyMatch(fields::has)) {
        return spelling;
      }
    }
    return SPELLINGS.getFirst();
  }

  /**
   * What the engine is asked: one request for each different query, in the order of their first
   * pairs.
   *
   * @param pictures of all URLs that the body names
   */
  public List<Group> groups(Map<ImageUrl, Part> pictures) {
    Map<ContentBody, List<Integer>> byQuery = new LinkedHashMap<>();
    for (int i = 0; i < documents.size(); i++) {
      byQuery.computeIfAbsent(query(i), _ -> new ArrayList<>()).add(i);
    }
    List<Group> groups = new ArrayList<>();
    byQuery.forEach((query, positions) -> {
      List<Content> own =
          positions.stream().map(position -> documents.get(position).content(pictures)).toList();
      groups.add(new Group(scoring.request(query.content(pictures), own), positions));
    });
    return groups;
  }

  /**
   * Pairs of one query.
   *
   * @param positions of the pairs in the body, one for each document of the request
   */
  public record Group(RerankRequest request, List<Integer> positions) {
    public Group {
      positions = List.copyOf(positions);
    }

    /** Judged documents of this request, each at its pair's place in the body. */
    public List<RankedDocument> placed(Ranking ranking) {
      return ranking.documents().stream()
          .map(one ->
              new RankedDocument(
                  positions.get(one.index()), one.score(), one.logit(), one.promptTokens()))
          .toList();
    }
  }

  /** The query that a document is judged by. */
  public ContentBody query(int document) {
    return queries.get(queries.size() == 1 ? 0 : document); // one for all, or each its own
  }

  /** The pictures that the request names. */
  public List<ImageUrl> images() {
    return ContentBody.images(queries, documents);
  }
}
