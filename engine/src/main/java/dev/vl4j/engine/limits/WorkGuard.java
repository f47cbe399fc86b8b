package dev.vl4j.engine.limits;

import dev.vl4j.engine.media.MediaGuard;

/** The bounds of the preparation of one request, whatever it works on. */
public interface WorkGuard extends MediaGuard {
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
}
