package dev.vl4j.engine.media;

import java.nio.file.Path;

/** Opens files of videos. For many threads. */
public interface VideoDecoder {
  /** What {@code vl4j doctor} calls it: the library with its version. */
  String name();

  /**
   * Opens a video that lies in a file, and counts its frames, which may take as long as decoding
   * all of them.
   *
   * @param file a regular file; nothing else is opened, whatever the file names
   * @param guard asked while the video is open
   * @throws MediaException if it is no video that can be decoded
   */
  OpenVideo open(Path file, MediaGuard guard) throws MediaException;

  /**
   * Opens a video that lies in memory, likewise.
   *
   * @param file the bytes of the file, which do not change while it is open
   * @param guard asked while the video is open
   * @throws MediaException if it is no video that can be decoded
   */
  OpenVideo open(byte[] file, MediaGuard guard) throws MediaException;
}
