package dev.vl4j.engine.vision;

import dev.vl4j.engine.InvalidRequestException;
import dev.vl4j.engine.OverloadedException;
import dev.vl4j.engine.media.MediaException;

/** Work on a video or a document, whose failures say which one it is. */
final class NamedMedia {
  /** What is done with it. */
  @FunctionalInterface
  interface Work<T> {
    T run() throws MediaException;
  }

  private NamedMedia() {}

  /**
   * Does the work.
   *
   * @param name of the video or document
   * @param wanted what is done, such as {@code draw the page}, for messages that it cannot be done
   * @param taxing what takes memory, for messages that there is too little
   * @throws InvalidRequestException if it cannot be done
   * @throws OverloadedException if there is no memory for it now
   */
  static <T> T of(String name, String wanted, String taxing, Work<T> work) {
    try {
      return work.run();
    } catch (MediaException e) {
      throw new InvalidRequestException(
          "%s: cannot %s: %s".formatted(name, wanted, e.getMessage()), e);
    } catch (InvalidRequestException e) {
      throw new InvalidRequestException(name + ": " + e.getMessage(), e);
    } catch (OutOfMemoryError e) {
      throw new OverloadedException("%s: not enough memory to %s now".formatted(name, taxing));
    }
  }
}
