package dev.vl4j.server.media;

import java.io.IOException;

/** Why a picture cannot be fetched, in words fit for whoever named its URL. */
final class FetchException extends IOException {
  private static final long serialVersionUID = 1;

  FetchException(String reason) {
    super(reason);
  }

  FetchException(String reason, Throwable cause) {
    super(reason, cause);
  }

  String reason() {
    return String.valueOf(getMessage());
  }
}
