package dev.vl4j.engine.media;

import java.nio.file.Path;

/** Opens documents whose pages can be drawn: PDF files. For many threads. */
public interface PageRenderer {
  /** What {@code vl4j doctor} calls it: the library with its version. */
  String name();

  /**
   * Opens a document that lies in a file.
   *
   * @param file a regular file
   * @param guard asked while the document is open
   * @throws MediaException if it is no document that can be drawn, or needs a password
   */
  OpenPages open(Path file, MediaGuard guard) throws MediaException;

  /**
   * Opens a document that lies in memory.
   *
   * @param file the bytes of the file, which do not change while it is open
   * @param guard asked while the document is open
   * @throws MediaException if it is no document that can be drawn, or needs a password
   */
  OpenPages open(byte[] file, MediaGuard guard) throws MediaException;
}
