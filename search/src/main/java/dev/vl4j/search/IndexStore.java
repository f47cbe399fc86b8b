package dev.vl4j.search;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Pattern;
import org.apache.lucene.index.CorruptIndexException;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexFormatTooNewException;
import org.apache.lucene.index.IndexFormatTooOldException;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.FSDirectory;
import org.apache.lucene.store.Lock;
import org.apache.lucene.store.LockObtainFailedException;

/** The folder that an index is in, and what is said of it where it is none. */
final class IndexStore {
  /** What Lucene writes, also before its first commit. */
  private static final Pattern LUCENE =
      Pattern.compile("write\\.lock|_\\w+(\\.\\w+)*|(pending_)?segments(_\\w+)?");

  private IndexStore() {}

  static boolean isThere(Path index) {
    if (!Files.isDirectory(index)) {
      return false;
    }
    try (Directory directory = FSDirectory.open(index)) {
      return DirectoryReader.indexExists(directory);
    } catch (IOException e) {
      throw failed("read", index, e);
    }
  }

  /**
   * Opens the folder of an index that is there.
   *
   * @throws SearchException if there is none
   */
  static Directory existing(Path index) {
    try {
      if (isThere(index)) {
        return FSDirectory.open(index);
      }
    } catch (IOException e) {
      throw failed("read", index, e);
    }
    throw new SearchException("there is no index in " + index + "; vl4j search index makes one");
  }

  /**
   * Opens a folder for an index, and makes it if it is not there.
   *
   * @throws SearchException if it has something else in it
   */
  static Directory wanted(Path index) {
    try {
      if (Files.exists(index) && !Files.isDirectory(index)) {
        throw new SearchException(index + " is no folder; an index is one");
      }
      Directory directory = FSDirectory.open(index);
      if (!DirectoryReader.indexExists(directory)) {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(index)) {
          for (Path file : files) {
            if (!LUCENE.matcher(file.getFileName().toString()).matches()) {
              directory.close();
              throw new SearchException(
                  "%s is no index and has other files, such as %s; an index takes a folder of its own"
                      .formatted(index, file.getFileName()));
            }
          }
        }
      }
      return directory;
    } catch (IOException e) {
      throw failed("write", index, e);
    }
  }

  /** Deletes the files of an index that nobody can read. */
  static void clear(Directory directory) throws IOException {
    try (Lock _ = directory.obtainLock(IndexWriter.WRITE_LOCK_NAME)) {
      for (String file : directory.listAll()) {
        if (!file.equals(IndexWriter.WRITE_LOCK_NAME)) {
          directory.deleteFile(file);
        }
      }
    }
  }

  /** What the last commit says of the index. */
  static IndexManifest manifest(DirectoryReader reader, Path index) throws IOException {
    Map<String, String> said = reader.getIndexCommit().getUserData();
    return IndexManifest.of(said, index);
  }

  /**
   * A failure in words.
   *
   * @param what could not be done
   */
  static SearchException failed(String what, Path index, IOException e) {
    return switch (e) {
      case LockObtainFailedException _ ->
          new SearchException(index + " is being written by another vl4j", e);
      case IndexFormatTooNewException _ ->
          new SearchException(
              index + " was written by a later version of vl4j, and this one cannot read it", e);
      case IndexFormatTooOldException _ ->
          new SearchException(
              index + " was written by a much earlier version of vl4j; make it anew", e);
      case CorruptIndexException _ -> new SearchException(index + " is damaged; make it anew", e);
      default -> new IndexIoException(what, index, e);
    };
  }
}
