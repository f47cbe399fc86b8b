package dev.vl4j.engine.vision.decode;

import java.io.IOException;
import java.io.Serial;

/** An image that cannot be decoded. The message is the reason, in words for whoever sent it. */
public final class BrokenImageException extends IOException {
  @Serial private static final long serialVersionUID = 1;

  public BrokenImageException(String reason) {
    super(reason);
  }

  public BrokenImageException(String reason, Throwable cause) {
    super(reason, cause);
  }
}
