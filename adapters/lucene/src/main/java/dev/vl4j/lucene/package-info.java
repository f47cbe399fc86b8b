/**
 * vl4j in programs that search by Apache Lucene: what a query has found is reranked by what texts
 * and pictures it stores, and vectors of both are indexed and asked for.
 *
 * <pre>{@code
 * DocumentFields fields = DocumentFields.ofText("body").withImages("picture");
 * Rescorer rescorer = RerankRescorer.of(reranker, Content.text("a red circle"), fields);
 * TopDocs best = rescorer.rescore(searcher, searcher.search(query, 100), 10);
 * }</pre>
 *
 * <p>Engines stay open: whoever opened them closes them. Everything here is safe for use by many
 * threads. Failures are the engine's own, {@link dev.vl4j.engine.Vl4jException}s, and Lucene's
 * {@link java.io.IOException}s. A null is refused by its name.
 */
package dev.vl4j.lucene;
