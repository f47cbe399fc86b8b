package dev.vl4j.server.api;

import java.util.List;

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
   * Reads a body in UTF-8.
   *
   * @throws ApiException if it cannot be answered
   */
  public static ScoreBody read(byte[] body) {
    Fields fields = Fields.parse(body);
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

  /** The query that a document is judged by. */
  public ContentBody query(int document) {
    return queries.get(queries.size() == 1 ? 0 : document);
  }

  /** The pictures that the request names. */
  public List<ImageUrl> images() {
    return ContentBody.images(queries, documents);
  }
}
