/**
 * Transformers of Spark ML: {@link dev.vl4j.spark.RerankTransformer} scores pairs of a query and a
 * document, {@link dev.vl4j.spark.EmbedTransformer} turns texts, images and videos into vectors.
 *
 * <pre>{@code
 * Dataset<Row> best =
 *     new RerankTransformer()
 *         .setModel("demo")
 *         .setQueryCol("query")
 *         .setDocumentCol("document")
 *         .transform(pairs)
 *         .orderBy(col("query"), col("score").desc());
 * }</pre>
 *
 * <p>Executors, and in local mode the driver, need the option {@code --add-modules
 * jdk.incubator.vector}.
 */
@NullMarked
package dev.vl4j.spark;

import org.jspecify.annotations.NullMarked;
