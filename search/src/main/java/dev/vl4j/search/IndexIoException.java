package dev.vl4j.search;

import dev.vl4j.loader.IoReason;
import java.io.IOException;
import java.nio.file.Path;

/** An index's own files cannot be read or written. What was committed before is still there. */
public final class IndexIoException extends SearchException {
  private static final long serialVersionUID = 1L;

  /** With what could not be done, such as {@code write}, to which index, and why. */
  public IndexIoException(String what, Path index, IOException cause) {
    super("cannot %s the index %s: %s".formatted(what, index, IoReason.of(cause)), cause);
  }
}
