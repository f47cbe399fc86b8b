package dev.vl4j.search;

import dev.vl4j.engine.EmbedRequest;
import dev.vl4j.engine.Embedder;
import dev.vl4j.engine.Reranker;
import dev.vl4j.engine.Vl4jException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.SearcherManager;
import org.apache.lucene.search.TermQuery;
import org.apache.lucene.store.Directory;
import org.jspecify.annotations.Nullable;

/**
 * An index to ask. It is safe for use by many threads, also while an {@link Indexer} writes the
 * same index: each answer is of the last commit.
 */
public final class SearchIndex implements AutoCloseable {
  private final Path index;
  private final Directory directory;
  private final SearcherManager searchers;
  private final IndexManifest manifest;

  private SearchIndex(
      Path index, Directory directory, SearcherManager searchers, IndexManifest manifest) {
    this.index = index;
    this.directory = directory;
    this.searchers = searchers;
    this.manifest = manifest;
  }

  /** Whether there is an index in a folder, of whatever kind and state. */
  public static boolean isThere(Path index) {
    Objects.requireNonNull(index, "index");
    return IndexStore.isThere(index);
  }

  /**
   * Opens an index.
   *
   * @throws SearchException if there is none, or if it cannot be read
   */
  public static SearchIndex open(Path index) {
    Objects.requireNonNull(index, "index");
    Directory directory = IndexStore.existing(index);
    SearcherManager searchers = null;
    boolean opened = false;
    try {
      searchers = new SearcherManager(directory, null);
      IndexSearcher searcher = searchers.acquire();
      try {
        IndexManifest manifest =
            IndexStore.manifest((DirectoryReader) searcher.getIndexReader(), index);
        opened = true;
        return new SearchIndex(index, directory, searchers, manifest);
      } finally {
        searchers.release(searcher);
      }
    } catch (IOException e) {
      throw IndexStore.failed("read", index, e);
    } finally {
      if (!opened) {
        close(index, searchers, directory);
      }
    }
  }

  /** What its vectors have in common. */
  public IndexSettings settings() {
    return manifest.settings();
  }

  /** The indexed folder, which paths of entries begin in. */
  public Path root() {
    return manifest.root();
  }

  /** Length of its vectors. */
  public int dimensions() {
    return manifest.dimensions();
  }

  /** How many entries it has of each kind. */
  public Map<EntryKind, Integer> entryCounts() {
    return reading(searcher -> {
      Map<EntryKind, Integer> counts = new EnumMap<>(EntryKind.class);
      for (EntryKind kind : EntryKind.values()) {
        counts.put(kind, searcher.count(new TermQuery(new Term(IndexDocuments.KIND, kind.name()))));
      }
      return counts;
    });
  }

  /** The paths of all files that it knows, sorted, also of those without an entry. */
  public List<String> paths() {
    return reading(searcher -> List.copyOf(new TreeSet<>(IndexDocuments.files(searcher).keySet())));
  }

  /**
   * The entries of a file in the order of their numbers; none if it has none.
   *
   * @param path as {@link #paths} has it
   */
  public List<IndexedEntry> entries(String path) {
    Objects.requireNonNull(path, "path");
    return reading(searcher -> IndexDocuments.entries(searcher, path));
  }

  /**
   * Answers a question: the vectors choose candidates, and the reranker, if there is one, judges
   * them.
   *
   * @param embedder the one whose vectors these are
   * @param reranker null for none: hits are then ranked by their vectors
   * @throws Vl4jException as the engines do
   * @throws SearchException if the embedder's vectors are of another length, if the pattern of
   *     paths is none, or if the index cannot be read
   */
  public SearchAnswer ask(SearchRequest request, Embedder embedder, @Nullable Reranker reranker) {
    Objects.requireNonNull(request, "request");
    Objects.requireNonNull(embedder, "embedder");
    if (embedder.dimensions() != dimensions()) {
      throw new SearchException(
          "%s has vectors of %d dimensions by the model %s, and this embedder makes some of %d"
              .formatted(index, dimensions(), settings().model(), embedder.dimensions()));
    }
    long start = System.nanoTime();
    float[] vector =
        embedder
            .embed(
                EmbedRequest.of(List.of(request.query()))
                    .withInstruction(request.queryInstruction())
                    .withTimeout(request.timeout()))
            .getFirst();
    long embedded = System.nanoTime();
    Candidates candidates =
        reading(searcher -> Candidates.find(searcher, manifest, request, vector));
    long found = System.nanoTime();
    List<Hit> hits = new Judgement(request, reranker).hits(candidates.found());
    return new SearchAnswer(
        request,
        request.top() == 0 ? hits : hits.subList(0, Math.min(request.top(), hits.size())),
        hits.size(),
        candidates.entries(),
        reranker != null,
        Duration.ofNanos(embedded - start),
        Duration.ofNanos(found - embedded),
        reranker == null ? Duration.ZERO : Duration.ofNanos(System.nanoTime() - found));
  }

  /** Something that is read of one state of the index. */
  private interface Reading<R> {
    R of(IndexSearcher searcher) throws IOException;
  }

  private <R> R reading(Reading<R> reading) {
    try {
      boolean _ = searchers.maybeRefresh();
      IndexSearcher searcher = searchers.acquire();
      try {
        refuseOther(searcher);
        return reading.of(searcher);
      } finally {
        searchers.release(searcher);
      }
    } catch (IOException e) {
      throw IndexStore.failed("read", index, e);
    }
  }

  /** Who has opened an index knows its model, and that may have become another one. */
  private void refuseOther(IndexSearcher searcher) throws IOException {
    IndexManifest now = IndexStore.manifest((DirectoryReader) searcher.getIndexReader(), index);
    if (!now.equals(manifest)) {
      throw new SearchException(
          index + " was made anew, or its folder has moved; open it once more");
    }
  }

  /** The index cannot be asked any more. */
  @Override
  public void close() {
    close(index, searchers, directory);
  }

  private static void close(Path index, @Nullable SearcherManager searchers, Directory directory) {
    try (Directory _ = directory;
        SearcherManager _ = searchers) {
      // Readers go first.
    } catch (IOException e) {
      throw IndexStore.failed("close", index, e);
    }
  }
}
