package dev.vl4j.engine.vision.jpeg;

import dev.vl4j.engine.vision.decode.BrokenImageException;

/**
 * Bounds how often a file's scans may go through its blocks. Encoders need 6 times; a scan of a few
 * bytes can visit all blocks once more, as often as it is repeated. Visits that the file pays for
 * with bits are free, and so are some millions for small images.
 */
final class VisitBudget {
  private static final int VISITS_OF_BLOCK = 32;

  /** Of a sample, where it is a block of its own. */
  private static final int VISITS_OF_SAMPLE = 4;

  private static final long FREE_VISITS = 1 << 22;

  private final long blocks;
  private final long most;
  private long visits;

  VisitBudget(Frame frame, int fileBytes) {
    this.blocks = frame.blocks();
    int each = frame.lossless() ? VISITS_OF_SAMPLE : VISITS_OF_BLOCK;
    this.most = each * blocks + 8L * fileBytes + FREE_VISITS;
  }

  /** Takes so many visits. */
  void spend(long count) throws BrokenImageException {
    visits += count;
    if (visits > most) {
      throw new BrokenImageException(
          "its scans go through its %d blocks more than %d times over"
              .formatted(blocks, most / blocks));
    }
  }
}
