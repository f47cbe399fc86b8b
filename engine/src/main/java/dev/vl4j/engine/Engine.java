package dev.vl4j.engine;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;

/**
 * An open model that answers requests: what models have in common whatever their task.
 *
 * <p>An engine is safe for use by many threads. It prepares and computes requests on threads of its
 * own, several requests together where that saves work. A request's result is the same to the last
 * bit whatever the engine computes beside it.
 *
 * <p>Methods that read a text or a request wait for their turn on the engine's threads. Each of
 * them fails with
 *
 * <ul>
 *   <li>{@link InvalidRequestException} if the request cannot be answered;
 *   <li>{@link OverloadedException} if too many requests are in flight, or too little memory is
 *       left for this one;
 *   <li>{@link RequestCancelledException} if the calling thread is interrupted;
 *   <li>{@link IllegalStateException} if the engine is closed, or has stopped after an error.
 * </ul>
 */
public interface Engine extends AutoCloseable {
  /**
   * The format of matrix products: the one that the options name, or what {@link Precision#AUTO}
   * came to for this checkpoint on this machine.
   */
  Precision precision();

  /**
   * The devices that compute, at least one: those that the options name, or what {@code auto} came
   * to. Each has the whole model, and they share the requests.
   */
  List<DeviceInfo> devices();

  /** The longest prompt that is accepted, in tokens. */
  int maxTokens();

  /**
   * Whether requests are computed. This is false after {@link #close()}, and after an internal
   * error has stopped the engine for good.
   */
  boolean isAlive();

  /** How many requests are in flight now, and what the caches held after the last forward. */
  Statistics statistics();

  /**
   * The token ids of a text, {@code [tokens]}. Control-token strings act as control tokens.
   *
   * @throws InvalidRequestException if the text has more tokens than one request may have, or a
   *     word that is too long to tokenize
   */
  int[] tokenize(String text);

  /**
   * The token ids of a complete prompt, {@code [tokens]}: as {@link #tokenize}, but a text that is
   * much longer than a prompt may be is refused before all of it is tokenized.
   *
   * @throws InvalidRequestException if the text is far too long for a prompt
   */
  int[] tokenizePrompt(String text);

  /**
   * The text of tokens, control tokens included. Bytes that are not UTF-8 become U+FFFD.
   *
   * @param ids [tokens]
   * @throws InvalidRequestException if an id is no token's
   */
  String detokenize(int[] ids);

  /**
   * A token as the vocabulary spells it: byte-level, with a leading space as U+0120.
   *
   * @throws InvalidRequestException if the id is no token's
   */
  String tokenSpelling(int id);

  /**
   * Refuses new requests, finishes those in flight, and frees the model. Requests that are not
   * finished after {@code grace} fail with {@link RequestCancelledException}. Closing again is
   * harmless.
   *
   * <p>This returns half a second after the grace at the latest. A part of a forward that takes
   * longer still comes to its end, and the model is freed then.
   *
   * @param grace zero or less for none
   * @return how many requests were not finished
   */
  int close(Duration grace);

  /**
   * Refuses new requests, waits for those in flight however long they take, and frees the model.
   */
  @Override
  default void close() {
    int _ = close(ChronoUnit.FOREVER.getDuration());
  }
}
