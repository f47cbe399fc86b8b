package dev.vl4j.search;

import dev.vl4j.engine.Content;
import dev.vl4j.engine.InvalidRequestException;
import dev.vl4j.engine.Part;
import dev.vl4j.engine.RankedDocument;
import dev.vl4j.engine.RerankRequest;
import dev.vl4j.engine.Reranker;
import dev.vl4j.search.Candidates.Candidate;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What a reranker makes of candidates: the second of the two stages. */
final class Judgement {
  private final SearchRequest request;
  private final @Nullable Reranker reranker;

  // By the place of a candidate.
  private final Map<Integer, RankedDocument> judged = new HashMap<>();
  private final Map<Integer, String> problems = new HashMap<>();

  /**
   * @param reranker null for none
   */
  Judgement(SearchRequest request, @Nullable Reranker reranker) {
    this.request = request;
    this.reranker = reranker;
  }

  /** All candidates, best first. */
  List<Hit> hits(List<Candidate> candidates) {
    if (reranker != null) {
      judge(candidates, reranker);
    }
    List<Integer> places = new ArrayList<>();
    for (int place = 0; place < candidates.size(); place++) {
      places.add(place);
    }
    // Those without a judgement come last; the sort keeps the order of vectors where scores tie.
    places.sort(
        Comparator.comparing(
            judged::get,
            Comparator.nullsLast(Comparator.comparingDouble(RankedDocument::logit).reversed())));
    List<Hit> hits = new ArrayList<>();
    for (int place : places) {
      Candidate candidate = candidates.get(place);
      hits.add(
          new Hit(
              candidate.entry(),
              hits.size() + 1,
              place + 1,
              candidate.similarity(),
              judged.get(place),
              candidate.state(),
              problems.get(place)));
    }
    return hits;
  }

  private void judge(List<Candidate> candidates, Reranker reranker) {
    List<Integer> places = new ArrayList<>();
    List<Content> contents = new ArrayList<>();
    for (int place = 0; place < candidates.size(); place++) {
      Content content = content(candidates.get(place));
      if (content == null) {
        problems.put(place, said(candidates.get(place).state()));
      } else {
        places.add(place);
        contents.add(content);
      }
    }
    if (!contents.isEmpty()) {
      judge(places, contents, reranker);
    }
  }

  private void judge(List<Integer> places, List<Content> contents, Reranker reranker) {
    try {
      for (RankedDocument ranked : reranker.rerank(asked(contents))) {
        keep(places.get(ranked.index()), ranked);
      }
    } catch (InvalidRequestException e) {
      if (contents.size() == 1) {
        problems.put(places.getFirst(), String.valueOf(e.getMessage()));
        return;
      }
      // One of them is at fault, and the others are to have their scores.
      for (int i = 0; i < contents.size(); i++) {
        judge(List.of(places.get(i)), List.of(contents.get(i)), reranker);
      }
    }
  }

  private void keep(int place, RankedDocument ranked) {
    judged.put(
        place, new RankedDocument(place, ranked.score(), ranked.logit(), ranked.promptTokens()));
  }

  private RerankRequest asked(List<Content> contents) {
    return RerankRequest.of(request.query(), contents)
        .withInstruction(request.rerankInstruction())
        .withTimeout(request.timeout());
  }

  /** What the reranker reads, or null if that is not what the index has. */
  private static @Nullable Content content(Candidate candidate) {
    String text = candidate.entry().text();
    if (text != null) {
      return Content.text(text);
    }
    if (candidate.state() != FileState.UNCHANGED) {
      return null;
    }
    Path file = Objects.requireNonNull(candidate.file());
    return Content.of(
        switch (candidate.entry().kind()) {
          case PAGE -> Part.page(file, candidate.entry().number());
          case VIDEO -> Part.video(file);
          case IMAGE, TEXT -> Part.image(file);
        });
  }

  private static String said(FileState state) {
    return state == FileState.GONE ? "the file is gone" : "the file has changed";
  }
}
