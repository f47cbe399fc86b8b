package dev.vl4j.kernels.packed;

import dev.vl4j.kernels.PreparedStore;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Packed weights in a file of a directory, one file for each key. What the file has is read; what
 * it lacks is added and written by {@link #save}. A file that is damaged is reported once, as a
 * warning of this class's logger, and never used. Nothing here fails because of the disk: without
 * the file, weights are packed as if there were no cache.
 *
 * <p>For one thread at a time.
 */
public final class PackedCache implements PreparedStore, AutoCloseable {
  private static final System.Logger LOG = System.getLogger(PackedCache.class.getName());

  /** Bytes of the key's hash in a file's name. */
  private static final int NAME_BYTES = 16;

  private final Path path;
  private final String key;
  private final PackedWriter writer;
  private final boolean absent;
  private boolean damaged;
  private @Nullable PackedFile file;

  /** All weights that were asked for, in that order, for a file that has them all. */
  private final Map<String, List<MemorySegment>> weights = new LinkedHashMap<>();

  private boolean incomplete;

  private PackedCache(Path path, String key, PackedWriter writer) {
    this.path = path;
    this.key = key;
    this.writer = writer;
    PartialFile.sweep(path);
    boolean found = true;
    try {
      file = PackedFile.open(path, key);
    } catch (NoSuchFileException e) {
      found = false;
    } catch (IOException e) {
      warn("cannot be read: " + reason(e) + "; the weights are packed again");
    } catch (DamagedFileException e) {
      damaged = true;
      warn(e.getMessage() + "; the weights are packed again");
    }
    absent = !found;
  }

  /**
   * Looks for the file of a key.
   *
   * @param directory need not exist
   * @param key names everything that the weights depend on; compared whole
   */
  public static PackedCache open(Path directory, String key) {
    Objects.requireNonNull(directory, "directory");
    Objects.requireNonNull(key, "key");
    return open(directory, key, new PackedWriter());
  }

  static PackedCache open(Path directory, String key, PackedWriter writer) {
    String hashed = "format %d\n%s".formatted(PackedHeader.VERSION, key);
    byte[] hash = PackedHeader.sha256().digest(hashed.getBytes(StandardCharsets.UTF_8));
    String name = "vl4j-" + HexFormat.of().formatHex(hash, 0, NAME_BYTES) + PartialFile.TARGET;
    return new PackedCache(directory.resolve(name), key, writer);
  }

  /** The note of whoever wrote the file; empty if there is no file that can be used. */
  public Optional<String> note() {
    return Optional.ofNullable(file).map(PackedFile::note);
  }

  /** The file of the key, whether there is one or not. */
  public Path path() {
    return path;
  }

  /** Takes the file for damaged, before anything was looked for in it. */
  public void reject(String reason) {
    close();
    damaged = true;
    warn(reason + "; the weights are packed again");
  }

  @Override
  public @Nullable MemorySegment find(String name, long bytes) {
    if (file == null) {
      return null;
    }
    MemorySegment found = file.find(name);
    if (found == null || found.byteSize() != bytes) {
      if (!incomplete) {
        warn(
            "%s: expected %d bytes, found %s; it is packed again"
                .formatted(name, bytes, found == null ? "none" : found.byteSize()));
      }
      incomplete = true;
      return null;
    }
    weights.put(name, List.of(found));
    return found;
  }

  @Override
  public void add(String name, List<MemorySegment> pieces) {
    weights.put(name, List.copyOf(pieces));
    incomplete = true;
  }

  /**
   * Writes the file if weights were added. Afterwards their memory is needed no longer.
   *
   * @param note is handed to whoever opens the file
   */
  public void save(String note) {
    try {
      if (incomplete && !othersWrote()) {
        if (damaged) {
          Files.deleteIfExists(path); // the disk may have no room for two
        }
        writer.write(path, key, note, weights);
      }
    } catch (IOException e) {
      warn("cannot be written: " + reason(e) + "; the next start packs the weights again");
    } finally {
      weights.clear();
    }
  }

  /** Whether another writer of the same file is at work or was since this was opened. */
  private boolean othersWrote() {
    return PartialFile.sweep(path) || (absent && PackedFile.isWritten(path, key));
  }

  /** Whether {@link #save} would write. */
  public boolean isIncomplete() {
    return incomplete;
  }

  private void warn(String what) {
    LOG.log(System.Logger.Level.WARNING, "packed cache: " + path + ": " + what);
  }

  /** In words: messages of the file system are often no more than a path. */
  private static String reason(IOException e) {
    return switch (e) {
      case NoSuchFileException _ -> "no such file or directory";
      case AccessDeniedException _ -> "permission denied";
      case FileSystemException f -> f.getReason() == null ? "the system refuses it" : f.getReason();
      default -> e.getMessage() == null ? "the system gives no reason" : e.getMessage();
    };
  }

  /** Frees what was read; whatever was found in it must not be touched afterwards. */
  @Override
  public void close() {
    weights.clear();
    if (file != null) {
      file.close();
      file = null;
    }
  }
}
