package dev.vl4j.engine.media;

import dev.vl4j.engine.InvalidRequestException;
import dev.vl4j.engine.OverloadedException;
import dev.vl4j.engine.RequestCancelledException;

/**
 * What bounds work on the media of one request: whether anyone still wants it, and how much memory
 * it may take. One thread at a time uses it.
 */
public interface MediaGuard {
  /**
   * Stops work that nobody waits for any more. Cheap: call it for each frame, each row of pixels
   * and each 64 KiB of anything else.
   *
   * @throws RequestCancelledException if the request is cancelled, or this thread interrupted
   * @throws dev.vl4j.engine.DeadlineExceededException if its time is over
   */
  void check();

  /**
   * Takes bytes from the memory budget, before they are allocated.
   *
   * @throws OverloadedException if other requests hold too much of it now
   * @throws InvalidRequestException if it could never hold so much
   */
  void reserve(long bytes);

  /** Gives reserved bytes back, once nothing refers to them. */
  void release(long bytes);

  /** The most pixels that one image, frame or page may have. */
  long maxPixels();
}
