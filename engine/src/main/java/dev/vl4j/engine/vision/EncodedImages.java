package dev.vl4j.engine.vision;

/**
 * Pictures whose visual features are held, so that their pixels are not needed. For many threads.
 */
public interface EncodedImages {
  /** Nothing is held. */
  EncodedImages NONE =
      new EncodedImages() {
        @Override
        public boolean pin(ImageKey key) {
          return false;
        }

        @Override
        public void unpin(ImageKey key) {}
      };

  /** Keeps an image's features, if they are held, until they are unpinned; says whether. */
  boolean pin(ImageKey key);

  /** Undoes one {@link #pin} that said yes. */
  void unpin(ImageKey key);
}
