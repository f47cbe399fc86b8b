package dev.vl4j.engine.limits;

import dev.vl4j.engine.InvalidRequestException;
import dev.vl4j.engine.OverloadedException;
import dev.vl4j.engine.RequestCancelledException;

/**
 * What bounds the preparation of one request: whether anyone still wants it, and how much memory it
 * may take. One thread at a time uses it.
 */
public interface WorkGuard {
  /** Pillow refuses an image with more pixels as a decompression bomb. */
  long DEFAULT_MAX_PIXELS = 178_956_970;

  /** No deadline, no memory budget, Pillow's limit on pixels. */
  WorkGuard UNBOUNDED =
      new WorkGuard() {
        @Override
        public void check() {}

        @Override
        public void reserve(long bytes) {}

        @Override
        public void release(long bytes) {}

        @Override
        public long maxPixels() {
          return DEFAULT_MAX_PIXELS;
        }
      };

  /**
   * Stops work that nobody waits for any more. Cheap: call it for each row of pixels, each
   * document, and each 64 KiB of anything else.
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

  /** The most pixels that one image may have. */
  long maxPixels();
}
