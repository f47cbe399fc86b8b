/**
 * Search over a tree of files in two stages: an {@link dev.vl4j.engine.Embedder} finds candidates
 * by their vectors, and a {@link dev.vl4j.engine.Reranker} judges the best of them.
 *
 * <pre>{@code
 * IndexSettings settings = IndexSettings.of("Qwen3-VL-Embedding-2B", "sha256 of its files");
 * try (Embedder embedder = Embedder.open(Path.of("Qwen3-VL-Embedding-2B"));
 *     Indexer indexer = Indexer.open(Path.of("photos.index"), settings, IndexMode.CONTINUE)) {
 *   IndexReport report = indexer.update(Path.of("photos"), embedder, IndexObserver.NONE);
 * }
 * try (SearchIndex index = SearchIndex.open(Path.of("photos.index"))) {
 *   SearchAnswer answer =
 *       index.ask(SearchRequest.of(Content.text("a red circle")), embedder, reranker);
 *   for (Hit hit : answer.hits()) {
 *     System.out.println(hit.rank() + " " + hit.vectorRank() + " " + hit.entry().place());
 *   }
 * }
 * }</pre>
 *
 * <p>{@link dev.vl4j.search.Indexer} writes an index and may be killed at any moment; {@link
 * dev.vl4j.search.SearchIndex} answers from it, also while it is written. What is wrong with an
 * index or a folder is a {@link dev.vl4j.search.SearchException}.
 */
package dev.vl4j.search;
