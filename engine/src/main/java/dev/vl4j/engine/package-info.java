/**
 * The public API: open a model, rank or score documents of text and images.
 *
 * <pre>{@code
 * try (Reranker reranker = Reranker.open(Path.of("Qwen3-VL-Reranker-2B"))) {
 *   List<RankedDocument> best =
 *       reranker.rerank(
 *           Content.text("a red circle on white"),
 *           List.of(
 *               Content.image(Path.of("a.png")),
 *               Content.text("A circle has no corners."),
 *               Content.of(Part.image(bytes), Part.text("figure 3"))));
 *   for (RankedDocument document : best) {
 *     System.out.println(document.index() + " " + document.score());
 *   }
 * }
 * }</pre>
 *
 * <p>{@link dev.vl4j.engine.Reranker} is what programs use and what their tests can replace; {@link
 * dev.vl4j.engine.Engine} is the part of it that is the same for every task. {@link
 * dev.vl4j.engine.ModelOptions} says how a model is opened. All failures that a program may want to
 * handle are {@link dev.vl4j.engine.Vl4jException}s.
 *
 * <p>Nothing takes or returns null unless it is marked {@code @Nullable}; a null argument is a
 * {@link java.lang.NullPointerException} with the argument's name. What is wrong with an option is
 * an {@link java.lang.IllegalArgumentException} where it is given, what is wrong with a request an
 * {@link dev.vl4j.engine.InvalidRequestException}, where it is given or once it was looked into.
 * Options and requests are records that do not change: each {@code with} method gives a new one.
 */
package dev.vl4j.engine;
