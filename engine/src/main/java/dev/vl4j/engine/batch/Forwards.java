package dev.vl4j.engine.batch;

import dev.vl4j.kernels.OutOfDeviceMemoryException;
import java.util.List;

/**
 * What computes results of prompts, several at a time, on a device. For one thread.
 *
 * @param <T> a prompt that was admitted
 * @param <R> the result of one
 */
public interface Forwards<T, R> {
  /**
   * Takes in a request's prompts.
   *
   * @param outline a prompt of the same request without a document
   * @return one item for each prompt, to be released when it is computed or not wanted any more
   */
  List<T> admit(List<PreparedPrompt> prompts, PreparedPrompt outline);

  /** What the items of a request cost together, if nothing else is computed, in tokens. */
  long cost(List<T> items);

  /** Whether all that an item needs of the host is in memory, such as the pixels of images. */
  boolean isReady(T item);

  /**
   * Starts to fetch what an item needs of the host and is not in memory.
   *
   * @param fetched is run, by any thread, when something is there
   */
  void fetch(T item, Runnable fetched);

  /** An empty forward. */
  Plan<T, R> plan();

  /** Ends an item's life. */
  void release(T item);

  /** Frees what is held for later requests alone; says whether there was anything. */
  boolean evict();

  /** The items of one forward. */
  interface Plan<T, R> {
    /** Adds an item, unless there are others and it would be too much together. */
    boolean add(T item);

    /** What the items cost together, in tokens. */
    long cost();

    /** What is done for each item. */
    List<Work> works();

    /**
     * Enqueues the forward on the device.
     *
     * @param check is called between the layers of a model; what it throws ends the forward
     * @throws OutOfDeviceMemoryException if the device has too little memory for it; nothing of it
     *     is left behind
     */
    Running<R> start(Runnable check);
  }

  /**
   * A forward that the device has been given. Forwards are finished in the order of their starts.
   */
  interface Running<R> {
    /** Whether {@link #finish} would return at once. */
    boolean isDone();

    /**
     * Waits for the forward and frees what only it needed, also if it fails.
     *
     * @return a result for each item
     * @throws SpoiltForwardException if an earlier forward failed on which this one builds
     */
    List<R> finish();
  }

  /**
   * What a forward does for an item.
   *
   * @param computedTokens of its own, and of a shared prefix that it is the first to need
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
