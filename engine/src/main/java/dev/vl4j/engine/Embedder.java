package dev.vl4j.engine;

import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;

/**
 * Turns texts and images into vectors whose cosine says how well they fit together.
 *
 * <pre>{@code
 * try (Embedder embedder = Embedder.open(Path.of("Qwen3-VL-Embedding-2B"))) {
 *   float[] photo = embedder.embed(Content.image(Path.of("a.png")));
 *   List<float[]> queries =
 *       embedder.embed(
 *           EmbedRequest.of(List.of(Content.text("a red circle")))
 *               .withInstruction("Retrieve images relevant to the query.")
 *               .withDimensions(1024));
 * }
 * }</pre>
 *
 * <p>A vector does not depend on what is asked beside it, not in its last bit.
 */
public interface Embedder extends Engine {
  /**
   * Opens a model with {@link ModelOptions#DEFAULT}.
   *
   * @param directory with {@code config.json}, {@code tokenizer.json} and safetensors
   * @throws UndeclaredModelException if neither its files nor its name say what it is for
   * @throws ModelException if it is no embedding model, is damaged, or is not supported
   */
  static Embedder open(Path directory) {
    return open(directory, EmbedderOptions.DEFAULT);
  }

  /** As {@link #open(Path)}, with other options. */
  static Embedder open(Path directory, ModelOptions options) {
    return open(directory, EmbedderOptions.DEFAULT.withModel(options));
  }

  /** As {@link #open(Path)}, with other options. */
  static Embedder open(Path directory, EmbedderOptions options) {
    return LocalEmbedder.open(directory, options);
  }

  /** As {@link #openDemo(EmbedderOptions)}, with default options. */
  static Embedder openDemo() {
    return openDemo(EmbedderOptions.DEFAULT);
  }

  /** As {@link #openDemo(EmbedderOptions)}, with the template that the model was trained on. */
  static Embedder openDemo(ModelOptions options) {
    Objects.requireNonNull(options, "options");
    return openDemo(EmbedderOptions.DEFAULT.withModel(options));
  }

  /**
   * Opens the small demonstration model that this library carries: {@link Reranker#openDemo} with
   * an adapter that was trained for vectors.
   *
   * @throws ModelException if it cannot be unpacked or opened, or if the options have an adapter,
   *     too
   */
  static Embedder openDemo(EmbedderOptions options) {
    return LocalEmbedder.openDemo(options);
  }

  /** Length of a whole vector. */
  int dimensions();

  /** The whole, normalised vector of one input, {@code [dimensions]}. Waits for it. */
  default float[] embed(Content input) {
    return embed(List.of(input)).getFirst();
  }

  /** The whole, normalised vectors of inputs, in their order. Waits for them. */
  default List<float[]> embed(List<Content> inputs) {
    return embed(EmbedRequest.of(inputs));
  }

  /**
   * The vectors of a request's inputs, in their order. Waits for them.
   *
   * @return [inputs][dimensions]
   * @throws NonFiniteResultException if the model computes something that is no number
   * @throws DeadlineExceededException if the request's timeout is over
   */
  default List<float[]> embed(EmbedRequest request) {
    return Answers.await(submit(request)).vectors();
  }

  /**
   * Starts a request and returns at once. The future fails with the exceptions of {@link
   * #embed(EmbedRequest)}. Cancelling or completing it cancels the request: what has not begun is
   * not computed.
   *
   * @throws InvalidRequestException if the request has no inputs, too many of them, or too many
   *     parts, or if the model's vectors have fewer dimensions than are asked for
   */
  CompletableFuture<Embeddings> submit(EmbedRequest request);

  /**
   * Starts to embed complete prompts, control tokens included, as {@link #tokenizePrompt} gives
   * them; the template is not put around them.
   *
   * @param prompts at least one, each {@code [tokens]}, without images; copied
   * @param dimensions as in {@link EmbedRequest}
   * @param normalized as in {@link EmbedRequest}
   * @return fails as that of {@link #submit} does; a prompt that is empty, too long, or has a token
   *     that does not exist or stands for an image is an {@link InvalidRequestException}
   * @throws InvalidRequestException if there are no prompts, or too many, or if the model's vectors
   *     have fewer dimensions than are asked for
   */
  CompletableFuture<Embeddings> submitPrompts(
      List<int[]> prompts, int dimensions, boolean normalized);

  /**
   * The prompt of one input as the model will read it, with a placeholder for each image.
   *
   * @param input its index in the request
   * @throws InvalidRequestException if there is no such input; where a prompt may be cut, also if
   *     one of its images cannot be read, or cutting does not suffice
   */
  String renderPrompt(EmbedRequest request, int input);

  /**
   * The token ids of the prompt of one input as the model will read them, {@code [tokens]}.
   *
   * @param input its index in the request
   * @throws InvalidRequestException if there is no such input, one of its images cannot be read, or
   *     the prompt is too long
   */
  int[] promptTokens(EmbedRequest request, int input);
}
