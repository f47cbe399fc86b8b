package dev.vl4j.media.pdf;

import dev.vl4j.engine.media.MediaException;

/** What is refused where PDFBox lets no {@link MediaException} through. */
final class Refusal extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final String reason;

  Refusal(String reason) {
    super(reason);
    this.reason = reason;
  }

  MediaException asMediaException() {
    return new MediaException(reason, this);
  }
}
