package dev.vl4j.loader.hub;

import dev.vl4j.loader.LoaderException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.nio.file.ReadOnlyFileSystemException;

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
          case AccessDeniedException denied -> "permission denied";
          case ReadOnlyFileSystemException readOnly -> "the file system is read-only";
          case FileSystemException failure when failure.getReason() != null ->
              oneLine(failure.getReason());
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

  /** What an exception says, or what it is if it says nothing. */
  static String reason(Throwable cause) {
    String message = cause.getMessage();
    return message == null || message.isBlank()
        ? cause.getClass().getSimpleName()
        : oneLine(message);
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
