/**
 * Models as they are published, from a directory: configuration, side files, and weights as named
 * tensors.
 *
 * <pre>{@code
 * ModelDirectory model = ModelDirectory.open(Path.of("Qwen3-VL-Reranker-2B"));
 * try (Checkpoint weights = model.openCheckpoint()) {
 *   for (String name : weights.names()) {
 *     StoredTensor tensor = weights.tensor(name);
 *     System.out.println(name + " " + tensor.type() + " " + tensor.shape());
 *   }
 * }
 * }</pre>
 *
 * <p>What is missing or damaged is a {@link dev.vl4j.loader.LoaderException}, whose message names
 * the file. Nothing takes or returns null unless it is marked {@code @Nullable}; records refuse
 * null by its name.
 */
package dev.vl4j.loader;
