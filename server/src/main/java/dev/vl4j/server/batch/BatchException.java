package dev.vl4j.server.batch;

import org.jspecify.annotations.Nullable;

/** A run that cannot begin as asked, or files that fail during it. The message is one line. */
public final class BatchException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  BatchException(String message) {
    super(message);
  }

  public BatchException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
