package dev.vl4j.server.media;

import org.jspecify.annotations.Nullable;

/** A picture that cannot be fetched; the message is the reason, fit for whoever named its URL. */
public final class MediaException extends Exception {
  private static final long serialVersionUID = 1;

  private final String url;
  private final boolean busy;

  private MediaException(String url, String reason, boolean busy, @Nullable Throwable cause) {
    super(reason, cause);
    this.url = url;
    this.busy = busy;
  }

  MediaException(String url, FetchException cause) {
    this(url, cause.reason(), false, cause);
  }

  /** So many pictures are being fetched that this one has to be asked for later. */
  static MediaException busy(String url) {
    return new MediaException(url, "too many pictures are being fetched", true, null);
  }

  /** Which one, as it was given. */
  public String url() {
    return url;
  }

  /** Whether it is not the URL's fault, and may be asked for later. */
  public boolean isBusy() {
    return busy;
  }

  /** The reason; it is never null. */
  public String reason() {
    return String.valueOf(getMessage());
  }
}
