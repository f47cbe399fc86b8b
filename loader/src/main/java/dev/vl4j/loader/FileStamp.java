package dev.vl4j.loader;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;

/**
 * What the file system says of a file. Two equal stamps of a path mean that nobody wrote to it in
 * between, as far as the system's clock can tell times apart.
 *
 * @param modified when contents were last written; tools that copy set it as they like
 * @param changed when the file system last noted any change, which nobody can set: POSIX's ctime;
 *     empty where there is none
 * @param identity tells a file from another one of the same name
 */
record FileStamp(long bytes, FileTime modified, String changed, String identity) {
  static FileStamp of(Path file) {
    try {
      BasicFileAttributes found = Files.readAttributes(file, BasicFileAttributes.class);
      boolean unix = file.getFileSystem().supportedFileAttributeViews().contains("unix");
      return new FileStamp(
          found.size(),
          found.lastModifiedTime(),
          unix ? String.valueOf(Files.getAttribute(file, "unix:ctime")) : "",
          String.valueOf(found.fileKey()));
    } catch (IOException e) {
      throw LoaderException.unreadable(file, e);
    }
  }
}
