package dev.vl4j.loader;

import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;

/** Why reading or writing a file has failed, in words: the JDK often says no more than its path. */
public final class IoReason {
  private IoReason() {}

  /** The reason, on one line and without the file's name. */
  public static String of(IOException failure) {
    return switch (failure) {
      case NoSuchFileException _ -> "no such file or directory";
      case AccessDeniedException _ -> "permission denied";
      case FileAlreadyExistsException _ -> "it exists already";
      case NotDirectoryException _ -> "not a directory";
      case CharacterCodingException _ -> "it is not UTF-8";
      case EOFException _ -> "it ends too early";
      case FileSystemException e ->
          e.getReason() == null ? "the system refuses it" : LoaderException.oneLine(e.getReason());
      default -> {
        String message = failure.getMessage();
        yield message == null || message.isBlank()
            ? "the system gives no reason"
            : LoaderException.oneLine(message);
      }
    };
  }
}
