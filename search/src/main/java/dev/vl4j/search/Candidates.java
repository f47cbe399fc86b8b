package dev.vl4j.search;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.lucene.index.MultiTerms;
import org.apache.lucene.index.Terms;
import org.apache.lucene.index.TermsEnum;
import org.apache.lucene.search.BooleanClause;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.KnnFloatVectorQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.TermInSetQuery;
import org.apache.lucene.util.BytesRef;
import org.jspecify.annotations.Nullable;

/**
 * What the vectors choose for a question: the first of the two stages.
 *
 * @param found most similar first; ties in the order of paths and numbers
 * @param entries how many the index has
 */
record Candidates(List<Candidate> found, int entries) {
  /**
   * An entry that may answer.
   *
   * @param similarity cosine of its vector and the query's
   * @param file where it should be
   */
  record Candidate(Entry entry, double similarity, FileState state, @Nullable Path file) {}

  /**
   * Finds them.
   *
   * @param vector of the query
   */
  static Candidates find(
      IndexSearcher searcher, IndexManifest manifest, SearchRequest request, float[] vector)
      throws IOException {
    Query nearest =
        new KnnFloatVectorQuery(
            IndexDocuments.VECTOR, vector, request.candidates(), filter(searcher, request));
    Map<String, FileState> states = new HashMap<>();
    List<Candidate> found = new ArrayList<>();
    for (ScoreDoc scored : searcher.search(nearest, request.candidates()).scoreDocs) {
      Entry entry = IndexDocuments.entry(searcher, scored.doc);
      Path file = file(manifest.root(), entry.path());
      FileState state = states.get(entry.path());
      if (state == null) {
        state = state(file, IndexDocuments.file(searcher, entry.path()));
        states.put(entry.path(), state);
      }
      // Lucene's score of a dot product is half of it and a half.
      found.add(new Candidate(entry, 2.0 * scored.score - 1, state, file));
    }
    found.sort(
        Comparator.comparingDouble(Candidate::similarity)
            .reversed()
            .thenComparing(each -> each.entry().path())
            .thenComparingInt(each -> each.entry().number()));
    int entries = IndexDocuments.countOfEntries(searcher);
    return new Candidates(List.copyOf(found), entries);
  }

  private static @Nullable Query filter(IndexSearcher searcher, SearchRequest request)
      throws IOException {
    BooleanQuery.Builder filters = new BooleanQuery.Builder();
    if (!request.kinds().isEmpty()) {
      filters.add(
          anyOf(
              IndexDocuments.KIND,
              request.kinds().stream().map(kind -> new BytesRef(kind.name())).toList()),
          BooleanClause.Occur.FILTER);
    }
    if (request.pathPattern() != null) {
      filters.add(
          anyOf(IndexDocuments.PATH, paths(searcher, new PathPattern(request.pathPattern()))),
          BooleanClause.Occur.FILTER);
    }
    BooleanQuery all = filters.build();
    return all.clauses().isEmpty() ? null : all;
  }

  private static Query anyOf(String field, Collection<BytesRef> values) {
    return new TermInSetQuery(field, values);
  }

  private static List<BytesRef> paths(IndexSearcher searcher, PathPattern pattern)
      throws IOException {
    List<BytesRef> fitting = new ArrayList<>();
    Terms terms = MultiTerms.getTerms(searcher.getIndexReader(), IndexDocuments.FILE);
    if (terms != null) {
      TermsEnum paths = terms.iterator();
      for (BytesRef path = paths.next(); path != null; path = paths.next()) {
        if (pattern.matches(path.utf8ToString())) {
          fitting.add(BytesRef.deepCopyOf(path));
        }
      }
    }
    return fitting;
  }

  private static @Nullable Path file(Path root, String path) {
    try {
      return root.resolve(path);
    } catch (InvalidPathException e) {
      return null; // of an index that another system has made
    }
  }

  private static FileState state(@Nullable Path file, @Nullable FileRecord record) {
    if (file == null || record == null || !Files.isRegularFile(file)) {
      return FileState.GONE;
    }
    try {
      FileStamp now = FileStamp.of(file);
      if (record.stamp().provesSame(now)) {
        return FileState.UNCHANGED;
      }
      boolean same =
          record.stamp().size() == now.size() && FileContent.hashOf(file).equals(record.hash());
      return same ? FileState.UNCHANGED : FileState.CHANGED;
    } catch (IOException e) {
      return FileState.GONE;
    }
  }
}
