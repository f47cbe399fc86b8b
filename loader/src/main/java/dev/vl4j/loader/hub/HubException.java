package dev.vl4j.loader.hub;

import dev.vl4j.loader.IoReason;
import dev.vl4j.loader.LoaderException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.http.HttpTimeoutException;
import java.nio.file.Path;
import java.nio.file.ReadOnlyFileSystemException;
import java.util.Objects;

/** A model that cannot be had from a hub or its cache; the message is one line. */
public class HubException extends LoaderException {
  private static final long serialVersionUID = 1L;

  private static final int LONGEST_QUOTE = 200;

  /** A refusal that was found here. */
  public HubException(String message) {
    super(message);
  }

  /** A refusal with the failure beneath it. */
  public HubException(String message, Throwable cause) {
    super(message, cause);
  }

  /** The hub did not answer, so that nothing is known of the model. */
  static final class Unreachable extends HubException {
    private static final long serialVersionUID = 1L;

    Unreachable(String message, Throwable cause) {
      super(message, cause);
    }
  }

  static HubException unwritable(Path path, Exception cause) {
    String reason =
        switch (cause) {
          case ReadOnlyFileSystemException readOnly -> "the file system is read-only";
          default -> reason(cause);
        };
    return new HubException(
        "%s: cannot be written: %s (HF_HUB_CACHE and --cache-dir choose another place)"
            .formatted(path, reason),
        cause);
  }

  static HubException unreadable(Path path, IOException cause) {
    return new HubException("%s: cannot be read: %s".formatted(path, reason(cause)), cause);
  }

  /** What an exception says, in words. */
  static String reason(Throwable cause) {
    String message = Objects.requireNonNullElse(cause.getMessage(), "");
    boolean silent = message.isBlank();
    return switch (cause) {
      case ConnectException _ when silent -> "cannot be reached";
      case HttpTimeoutException _ when silent -> "no answer in time";
      case IOException e -> IoReason.of(e);
      default -> silent ? "no reason is given" : oneLine(message);
    };
  }

  static String quote(String text) {
    return '"' + oneLine(text) + '"';
  }

  /** What a server says may hold line breaks or run to megabytes; a message may not. */
  static String oneLine(String text) {
    boolean cut = text.length() > LONGEST_QUOTE;
    String line =
        (cut ? text.substring(0, LONGEST_QUOTE) : text).replaceAll("\\p{Cntrl}+", " ").strip();
    return cut ? line + "..." : line;
  }
}
