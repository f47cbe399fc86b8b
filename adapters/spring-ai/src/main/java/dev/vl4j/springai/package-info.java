/**
 * Spring AI by the engine: documents with their media are reranked, and embedded.
 *
 * <pre>{@code
 * DocumentPostProcessor reranker =
 *     RerankingDocumentPostProcessor.builder(Reranker.openDemo()).topN(5).build();
 * List<Document> best = reranker.process(new Query("a red circle"), documents);
 * }</pre>
 *
 * <p>Scores and vectors are the engine's to the last bit. What the models cannot read, such as
 * sound, is refused by a {@link dev.vl4j.engine.InvalidRequestException} that names the document;
 * nothing is left out. None of the classes closes the engine that it is given.
 */
@NullMarked
package dev.vl4j.springai;

import org.jspecify.annotations.NullMarked;
