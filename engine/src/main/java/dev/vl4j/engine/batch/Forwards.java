package dev.vl4j.engine.batch;

import java.util.List;

/**
 * What computes the scores of prompts, several at a time. For one thread at a time.
 *
 * @param <T> a prompt that was admitted
 */
public interface Forwards<T> {
  /**
   * Takes in a request's prompts.
   *
   * @param outline a prompt of the same request without a document
   * @return one item for each prompt, to be released when it is computed or not wanted any more
   */
  List<T> admit(List<PreparedPrompt> prompts, PreparedPrompt outline);

  /** What the items of a request cost together, if nothing else is computed, in tokens. */
  long cost(List<T> items);

  /** An empty forward. */
  Plan<T> plan();

  /** Ends an item's life. */
  void release(T item);

  /** The items of one forward. */
  interface Plan<T> {
    /** Adds an item, unless there are others and it would be too much together. */
    boolean add(T item);

    /** What the items cost together, in tokens. */
    long cost();

    /** What is done for each item. */
    List<Work> works();

    /**
     * Computes one logit for each item.
     *
     * @param check is called between the layers of a model; what it throws ends the forward
     */
    double[] run(Runnable check);
  }

  /**
   * What a forward does for an item.
   *
   * @param computedTokens of its own, and of a shared beginning that it is the first to need
   * @param sharedTokens which others, or earlier forwards, have computed
   * @param encodedImages that go through the vision tower
   * @param reusedImages that went through it for another item or earlier
   */
  record Work(int computedTokens, int sharedTokens, int encodedImages, int reusedImages) {
    static final Work NONE = new Work(0, 0, 0, 0);

    Work plus(Work other) {
      return new Work(
          computedTokens + other.computedTokens,
          sharedTokens + other.sharedTokens,
          encodedImages + other.encodedImages,
          reusedImages + other.reusedImages);
    }
  }
}
