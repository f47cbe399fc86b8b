package dev.vl4j.loader;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * A model on disk that cannot be used as it is. The message is one line that names the file, the
 * tensor or field, what was expected and what was found.
 */
public class LoaderException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private static final int LONGEST_QUOTE = 200;

  /** A refusal that this module found itself. */
  public LoaderException(String message) {
    super(message);
  }

  /** A refusal with the failure beneath it. */
  public LoaderException(String message, Throwable cause) {
    super(message, cause);
  }

  static LoaderException unreadable(Path file, IOException cause) {
    String reason =
        switch (cause) {
          case NoSuchFileException missing -> "no such file";
          case AccessDeniedException denied -> "permission denied";
          default -> "cannot be read: " + IoReason.of(cause);
        };
    return new LoaderException(file + ": " + reason, cause);
  }

  /** Text from a file may hold line breaks or run to megabytes; a message may not. */
  static String quote(String text) {
    return '"' + oneLine(text) + '"';
  }

  static String oneLine(String text) {
    boolean cut = text.length() > LONGEST_QUOTE;
    StringBuilder line = new StringBuilder();
    for (char c : (cut ? text.substring(0, LONGEST_QUOTE) : text).toCharArray()) {
      line.append(Character.isISOControl(c) ? ' ' : c);
    }
    return cut ? line + "..." : line.toString();
  }
}
