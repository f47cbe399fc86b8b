package dev.vl4j.engine;

import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;

/**
 * Judges how well documents of text and images answer a query.
 *
 * <p>{@link #open(Path)} opens a Qwen3-VL-Reranker checkpoint in this process. {@link Engine} says
 * what holds for all methods: threads, errors, the end.
 */
public interface Reranker extends Engine {
  /** As {@link #open(Path, RerankerOptions)}, with default options. */
  static Reranker open(Path directory) {
    return open(directory, RerankerOptions.DEFAULT);
  }

  /** As {@link #open(Path, RerankerOptions)}, with the template that the model was trained on. */
  static Reranker open(Path directory, ModelOptions options) {
    Objects.requireNonNull(options, "options");
    return open(directory, RerankerOptions.DEFAULT.withModel(options));
  }

  /**
   * Opens a checkpoint directory, as it is downloaded from a hub: {@code config.json}, weights in
   * safetensors, {@code tokenizer.json} and the settings of images.
   *
   * @throws UndeclaredModelException if nothing says that it is a reranker, and the options do not
   *     allow that
   * @throws ModelException if it is missing, damaged or no supported reranker, or if the backend
   *     cannot run here
   * @throws IllegalStateException if the device that the options give is closed
   */
  static Reranker open(Path directory, RerankerOptions options) {
    return LocalReranker.open(directory, options);
  }

  /** As {@link #openDemo(RerankerOptions)}, with default options. */
  static Reranker openDemo() {
    return openDemo(RerankerOptions.DEFAULT);
  }

  /** As {@link #openDemo(RerankerOptions)}, with the template that the model was trained on. */
  static Reranker openDemo(ModelOptions options) {
    Objects.requireNonNull(options, "options");
    return openDemo(RerankerOptions.DEFAULT.withModel(options));
  }

  /**
   * Opens the small demonstration model that this library carries.
   *
   * @throws ModelException if it cannot be unpacked or opened
   */
  static Reranker openDemo(RerankerOptions options) {
    return LocalReranker.openDemo(options);
  }

  /** As {@link #rerank(RerankRequest)}, for all documents and with the template's instruction. */
  default List<RankedDocument> rerank(Content query, List<Content> documents) {
    return rerank(RerankRequest.of(query, documents));
  }

  /**
   * Ranks documents and waits for the result. A thread that is interrupted while it waits cancels
   * its request.
   *
   * @return the documents, best first; ties keep the request's order
   * @throws NonFiniteResultException if the model computes something that is no number
   * @throws DeadlineExceededException if the request's timeout is over
   */
  default List<RankedDocument> rerank(RerankRequest request) {
    return Answers.await(submit(request)).documents();
  }

  /** As {@link #score(RerankRequest)}, with the template's instruction. */
  default double[] score(Content query, List<Content> documents) {
    return score(RerankRequest.of(query, documents));
  }

  /**
   * Scores documents and waits for the result, as {@link #rerank(RerankRequest)} does. {@link
   * RerankRequest#topN} has no effect.
   *
   * @return [documents], the {@link RankedDocument#score} of each, in the request's order
   */
  default double[] score(RerankRequest request) {
    Objects.requireNonNull(request, "request");
    return Answers.await(submit(request.withTopN(0))).inRequestOrder().stream()
        .mapToDouble(RankedDocument::score)
        .toArray();
  }

  /**
   * Starts a request and returns at once. The future fails with the exceptions of {@link
   * #rerank(RerankRequest)}. Cancelling or completing it cancels the request: what has not begun is
   * not computed.
   *
   * @throws InvalidRequestException if the request has too many documents, or too many parts
   */
  CompletableFuture<Ranking> submit(RerankRequest request);

  /**
   * Starts to judge complete prompts, control tokens included, as {@link #tokenizePrompt} gives
   * them; the template is not put around them. They are ranked like documents.
   *
   * @param prompts at least one, each {@code [tokens]}, without images; copied
   * @return fails as that of {@link #submit} does; a prompt that is empty, too long, or has a token
   *     that does not exist or stands for an image is an {@link InvalidRequestException}
   * @throws InvalidRequestException if there are no prompts, or too many
   */
  CompletableFuture<Ranking> submitPrompts(List<int[]> prompts);

  /**
   * The prompt of one document as the model will read it, with a placeholder for each image.
   *
   * @param document its index in the request
   * @throws InvalidRequestException if there is no such document
   */
  String renderPrompt(RerankRequest request, int document);

  /**
   * The token ids of the prompt of one document as the model will read them, {@code [tokens]}.
   *
   * @param document its index in the request
   * @throws InvalidRequestException if there is no such document, one of its images cannot be read,
   *     or the prompt is too long
   */
  int[] promptTokens(RerankRequest request, int document);
}
