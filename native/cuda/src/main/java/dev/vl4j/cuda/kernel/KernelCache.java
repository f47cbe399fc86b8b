package dev.vl4j.cuda.kernel;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Compiled kernels in files of a directory, one for each key. A file begins with the SHA-256 of
 * what follows, so one that is damaged is noticed, and written anew. It is written beside its place
 * and moved there whole, so any number of processes may do that at once.
 *
 * <p>Nothing fails because of the disk: kernels are compiled as if there were no cache then, and
 * one warning says so.
 */
public final class KernelCache {
  /** A system property that names the directory. */
  public static final String PROPERTY = "vl4j.cuda.cache";

  private static final System.Logger LOG = System.getLogger(KernelCache.class.getName());
  private static final String SUFFIX = ".cubin";
  private static final String PARTIAL = ".partial";
  private static final int HASH_BYTES = 32;

  /** Age from which a file that is not complete is taken for one whose writer died. */
  private static final Duration OLD = Duration.ofDays(1);

  private final Path directory;
  private boolean warned;

  /**
   * @param directory need not exist
   */
  public KernelCache(Path directory) {
    this.directory = directory;
  }

  /** The cache that the property names, or else the user's. */
  public static KernelCache ofUser() {
    return new KernelCache(directory(System::getProperty, System::getenv));
  }

  /** {@code vl4j/cuda} in the user's folder for caches, unless the property says otherwise. */
  static Path directory(
      UnaryOperator<@Nullable String> properties, UnaryOperator<@Nullable String> environment) {
    String named = properties.apply(PROPERTY);
    if (named != null && !named.isBlank()) {
      return Path.of(named.strip());
    }
    String xdg = environment.apply("XDG_CACHE_HOME");
    // The specification of base directories wants relative paths to be ignored.
    Path caches =
        xdg != null && Path.of(xdg).isAbsolute()
            ? Path.of(xdg)
            : Path.of(String.valueOf(properties.apply("user.home")), ".cache");
    return caches.resolve("vl4j").resolve("cuda");
  }

  /**
   * What is kept for a key, or else what is made now, which is kept from then on.
   *
   * @param key names everything that the result depends on
   */
  public byte[] get(String key, Supplier<byte[]> make) {
    String name = HexFormat.of().formatHex(sha256(key.getBytes(StandardCharsets.UTF_8)));
    Path file = directory.resolve(name + SUFFIX);
    byte[] found = read(file);
    if (found != null) {
      return found;
    }
    byte[] made = make.get();
    write(file, made);
    return made;
  }

  private byte @Nullable [] read(Path file) {
    try {
      byte[] all = Files.readAllBytes(file);
      if (all.length > HASH_BYTES) {
        byte[] contents = Arrays.copyOfRange(all, HASH_BYTES, all.length);
        if (Arrays.equals(all, 0, HASH_BYTES, sha256(contents), 0, HASH_BYTES)) {
          return contents;
        }
      }
      LOG.log(
          System.Logger.Level.WARNING,
          "kernel cache: {0}: damaged; the kernels are compiled again",
          file);
    } catch (NoSuchFileException e) {
      // Nobody has compiled this yet.
    } catch (IOException e) {
      warn("cannot be read: " + reason(e));
    }
    return null;
  }

  private void write(Path file, byte[] contents) {
    Path partial = directory.resolve(file.getFileName() + "." + UUID.randomUUID() + PARTIAL);
    try {
      Files.createDirectories(directory);
      sweep();
      try {
        byte[] all = Arrays.copyOf(sha256(contents), HASH_BYTES + contents.length);
        System.arraycopy(contents, 0, all, HASH_BYTES, contents.length);
        Files.write(partial, all, StandardOpenOption.CREATE_NEW);
        Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE);
      } finally {
        Files.deleteIfExists(partial);
      }
    } catch (IOException e) {
      warn("cannot be written: " + reason(e));
    }
  }

  /** Deletes what writers that died have left. */
  private void sweep() throws IOException {
    FileTime old = FileTime.from(Instant.now().minus(OLD));
    try (DirectoryStream<Path> files =
        Files.newDirectoryStream(directory, "*" + SUFFIX + ".*" + PARTIAL)) {
      for (Path file : files) {
        if (Files.getLastModifiedTime(file).compareTo(old) < 0) {
          Files.deleteIfExists(file);
        }
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    } catch (NoSuchFileException e) {
      // Another process has just deleted or completed it.
    }
  }

  private void warn(String what) {
    if (!warned) {
      warned = true;
      LOG.log(
          System.Logger.Level.WARNING,
          "kernel cache: {0} {1}; kernels are compiled at every start (-D{2} names another folder)",
          directory,
          what,
          PROPERTY);
    }
  }

  /** In words: messages of the file system are often no more than a path. */
  private static String reason(IOException e) {
    return switch (e) {
      case AccessDeniedException _ -> "permission denied";
      case java.nio.file.FileAlreadyExistsException _ -> "it is no directory";
      case FileSystemException f -> f.getReason() == null ? "the system refuses it" : f.getReason();
      default -> e.getMessage() == null ? "the system gives no reason" : e.getMessage();
    };
  }

  private static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every JDK has it
    }
  }
}
