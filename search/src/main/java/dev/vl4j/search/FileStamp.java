package dev.vl4j.search;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.concurrent.TimeUnit;

/**
 * What tells without reading a file that it has not changed.
 *
 * @param size in bytes
 * @param modified in nanoseconds since 1970, or {@link #UNSURE}
 */
record FileStamp(long size, long modified) {
  /** No file's time: the file is to be read again to be sure. */
  static final long UNSURE = Long.MIN_VALUE;

  /** Two changes within it may leave the same time: some file systems count by two seconds. */
  private static final long GRAIN = TimeUnit.SECONDS.toNanos(2);

  static FileStamp of(BasicFileAttributes attributes) {
    return new FileStamp(attributes.size(), attributes.lastModifiedTime().to(TimeUnit.NANOSECONDS));
  }

  /** Of a file, or of what a link leads to. */
  static FileStamp of(Path file) throws IOException {
    return of(Files.readAttributes(file, BasicFileAttributes.class));
  }

  /** The same, but not to be trusted if the file may change yet at the same time. */
  FileStamp seenAt(long nowMillis) {
    long now = TimeUnit.MILLISECONDS.toNanos(nowMillis);
    return modified > now - GRAIN ? new FileStamp(size, UNSURE) : this;
  }

  /** Whether a file with another stamp surely has the same content. */
  boolean provesSame(FileStamp other) {
    return modified != UNSURE && equals(other);
  }
}
