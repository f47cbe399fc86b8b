package dev.vl4j.engine.media;

/** A file of media cannot be read. The message says why, and the engine adds which file. */
public final class MediaException extends Exception {
  private static final long serialVersionUID = 1;

  /**
   * @param reason in words, without the file's name, such as "it ends in the middle of a frame"
   */
  public MediaException(String reason) {
    super(reason);
  }

  /**
   * @param reason as above
   * @param cause what the library threw
   */
  public MediaException(String reason, Throwable cause) {
    super(reason, cause);
  }
}
