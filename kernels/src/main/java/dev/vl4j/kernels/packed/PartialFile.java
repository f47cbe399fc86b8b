package dev.vl4j.kernels.packed;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A file that is being written, beside the one that it becomes when it is complete. Its writer
 * holds a lock on it, which the system frees when the writer dies: so others can tell.
 */
final class PartialFile implements AutoCloseable {
  /** End of the names of complete files. */
  static final String TARGET = ".packed";

  private static final String SUFFIX = ".partial";

  /** Chances to lose a file to {@link #sweep} between its creation and its lock. */
  private static final int ATTEMPTS = 10;

  /** Age from which a file is taken for dead where the system knows no locks. */
  private static final Duration OLD = Duration.ofDays(1);

  /**
   * Names of those of this process. {@link #sweep} does not even open them: closing any channel of
   * a file frees the locks of the whole process on it.
   */
  private static final Set<String> OWN = ConcurrentHashMap.newKeySet();

  private final Path path;
  private final Path target;
  private final FileChannel channel;

  private PartialFile(Path path, Path target, FileChannel channel) {
    this.path = path;
    this.target = target;
    this.channel = channel;
  }

  /**
   * Creates a file beside {@code target}.
   *
   * @throws IOException if the directory takes none
   */
  static PartialFile create(Path target) throws IOException {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      PartialFile file = open(target);
      if (lock(file.channel) != Lock.OF_ANOTHER && Files.exists(file.path)) {
        return file;
      }
      file.close();
    }
    throw new IOException("another process deletes what is written there");
  }

  private static PartialFile open(Path target) throws IOException {
    String name = target.getFileName() + "." + UUID.randomUUID() + SUFFIX;
    Path path = target.resolveSibling(name);
    OWN.add(name);
    boolean opened = false;
    try {
      FileChannel channel =
          FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
      opened = true;
      return new PartialFile(path, target, channel);
    } finally {
      if (!opened) {
        OWN.remove(name);
      }
    }
  }

  FileChannel channel() {
    return channel;
  }

  /** Puts the file in its place, once it is safe on the disk. */
  void commit() throws IOException {
    channel.force(true);
    Files.move(path, target, StandardCopyOption.ATOMIC_MOVE);
    try (FileChannel directory = FileChannel.open(target.resolveSibling("."))) {
      directory.force(true);
    } catch (IOException e) {
      // Some systems open no directories. The file is whole under one name or the other.
    }
  }

  /** Deletes what was not committed. */
  @Override
  public void close() throws IOException {
    try (channel) {
      Files.deleteIfExists(path);
    } finally {
      OWN.remove(path.getFileName().toString());
    }
  }

  private enum Lock {
    OURS,
    OF_ANOTHER,
    NOT_KNOWN_HERE
  }

  private static Lock lock(FileChannel channel) {
    try {
      FileLock lock = channel.tryLock();
      return lock == null ? Lock.OF_ANOTHER : Lock.OURS;
    } catch (OverlappingFileLockException e) {
      return Lock.OF_ANOTHER;
    } catch (IOException e) {
      return Lock.NOT_KNOWN_HERE;
    }
  }

  /**
   * Deletes what writers that died have left in the directory of {@code target}.
   *
   * @return whether a living one is writing {@code target}
   */
  static boolean sweep(Path target) {
    boolean written = false;
    try (DirectoryStream<Path> files =
        Files.newDirectoryStream(target.resolveSibling("."), "*" + TARGET + ".*" + SUFFIX)) {
      for (Path file : files) {
        boolean alive = isAlive(file);
        written |= alive && file.getFileName().toString().startsWith(target.getFileName() + ".");
      }
    } catch (IOException | DirectoryIteratorException e) {
      // No such directory yet, or it cannot be listed: then nothing can be deleted there either.
    }
    return written;
  }

  /** Whether somebody is writing a file; if nobody is, deletes it. */
  private static boolean isAlive(Path file) {
    if (OWN.contains(file.getFileName().toString())) {
      return true;
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      Lock lock = lock(channel);
      FileTime old = FileTime.from(Instant.now().minus(OLD));
      if (lock == Lock.OURS
          || (lock == Lock.NOT_KNOWN_HERE && Files.getLastModifiedTime(file).compareTo(old) < 0)) {
        // Under the lock: a writer that is just about to take it finds the file gone.
        Files.deleteIfExists(file);
      }
      return lock == Lock.OF_ANOTHER;
    } catch (IOException e) {
      return false; // gone already, or of another user
    }
  }
}
