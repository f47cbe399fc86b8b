package dev.vl4j.server.cli;

import dev.vl4j.search.Entry;
import dev.vl4j.search.FileState;
import dev.vl4j.search.Hit;
import dev.vl4j.search.SearchAnswer;
import dev.vl4j.search.TextSpan;
import dev.vl4j.server.api.Json;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** The answer to a question as {@code vl4j search ask} writes it. */
final class SearchAnswerText {
  /** How an answer is written. */
  enum Format {
    TABLE,
    JSON
  }

  /** Characters of a text beside its place. */
  private static final int LONGEST_TEXT = 60;

  private final String embedder;
  private final @Nullable String reranker;
  private final SearchAnswer answer;

  /**
   * @param embedder what the answer calls it
   * @param reranker likewise, or null if there was none
   */
  SearchAnswerText(String embedder, @Nullable String reranker, SearchAnswer answer) {
    this.embedder = embedder;
    this.reranker = reranker;
    this.answer = answer;
  }

  /** The text, without a line break at its end. */
  String of(Format format) {
    return switch (format) {
      case TABLE -> table();
      case JSON -> new String(Json.write(json()), StandardCharsets.UTF_8);
    };
  }

  private String table() {
    Table table = new Table("rank", "score", "vector rank", "cosine", "kind", "entry");
    for (Hit hit : answer.hits()) {
      table.add(
          Integer.toString(hit.rank()),
          hit.judged() == null ? "" : Table.score(hit.judged().score()),
          Integer.toString(hit.vectorRank()),
          String.format(Locale.ROOT, "%.4f", hit.similarity()),
          hit.entry().kind().word(),
          described(hit));
    }
    return table.render("")
        + String.format(
            Locale.ROOT,
            "%d of %d entries by vectors (%s), %.2f s%s",
            answer.candidates(),
            answer.entries(),
            embedder,
            answer.embedding().plus(answer.finding()).toNanos() / 1e9,
            answer.reranked()
                ? String.format(
                    Locale.ROOT,
                    "; judged by %s, %.2f s",
                    reranker,
                    answer.reranking().toNanos() / 1e9)
                : "; by vectors alone: --reranker MODEL judges them");
  }

  private static String described(Hit hit) {
    Entry entry = hit.entry();
    StringBuilder said = new StringBuilder(Errors.oneLine(entry.place()));
    if (hit.state() != FileState.UNCHANGED) {
      said.append(hit.state() == FileState.GONE ? " [gone since]" : " [changed since]");
    } else if (hit.problem() != null) {
      said.append(" [not judged: ").append(Errors.oneLine(hit.problem())).append(']');
    }
    if (entry.text() != null) {
      said.append("  ").append(Table.preview(entry.text(), LONGEST_TEXT));
    }
    return said.toString();
  }

  private ObjectNode json() {
    JsonNodeFactory json = JsonNodeFactory.instance;
    ObjectNode root =
        json.objectNode()
            .put("model", embedder)
            .put("reranker", reranker)
            .put("entries", answer.entries())
            .put("candidates", answer.candidates());
    ArrayNode hits = root.putArray("hits");
    for (Hit hit : answer.hits()) {
      add(hits.addObject(), hit);
    }
    return root;
  }

  private static void add(ObjectNode node, Hit hit) {
    Entry entry = hit.entry();
    node.put("rank", hit.rank());
    if (hit.judged() == null) {
      node.putNull("score").putNull("logit");
    } else {
      node.put("score", hit.judged().score()).put("logit", hit.judged().logit());
    }
    node.put("vector_rank", hit.vectorRank())
        .put("cosine", hit.similarity())
        .put("kind", entry.kind().word())
        .put("path", entry.path())
        .put("number", entry.number());
    TextSpan span = entry.span();
    if (span != null) {
      node.putArray("characters").add(span.start()).add(span.end());
      node.putArray("lines").add(span.firstLine()).add(span.lastLine());
      node.put("text", entry.text());
    }
    node.put("file", hit.state().name().toLowerCase(Locale.ROOT)).put("problem", hit.problem());
  }
}
