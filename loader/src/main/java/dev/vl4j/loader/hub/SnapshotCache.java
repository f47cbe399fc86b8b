package dev.vl4j.loader.hub;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * One repository in a cache, laid out as Hugging Face's Python library does: {@code blobs/HASH},
 * {@code snapshots/COMMIT/FILE} as relative links to them, {@code refs/REVISION} with a commit,
 * {@code trees/COMMIT.json} with all files that a commit has.
 */
final class SnapshotCache {
  private static final int TREE_VERSION = 1;

  private final Path cache;
  private final Path repository;
  private final boolean symlinks;

  SnapshotCache(HubSettings settings, String name) {
    cache = settings.cache().toAbsolutePath().normalize();
    repository = cache.resolve(settings.hub().folder(name));
    symlinks = settings.symlinks();
  }

  Path directory() {
    return repository;
  }

  Path snapshot(String commit) {
    return repository.resolve("snapshots").resolve(commit);
  }

  Path blobs() {
    return repository.resolve("blobs");
  }

  Path blob(RemoteFile file) {
    return blobs().resolve(file.checksum().hex());
  }

  /** Never Python's own names: it locks in another way, so both would write to one file. */
  Path partial(RemoteFile file) {
    return blobs().resolve(file.checksum().hex() + ".vl4j.incomplete");
  }

  Path lock(RemoteFile file) {
    return cache
        .resolve(".locks")
        .resolve(repository.getFileName())
        .resolve(file.checksum().hex() + ".lock");
  }

  /** The commit that a revision was at when it was last looked up. */
  Optional<String> commit(ModelId id) {
    if (id.isCommit()) {
      return Optional.of(id.revision());
    }
    Path ref = ref(id);
    try {
      String commit = Files.readString(ref).strip();
      if (!ModelId.isCommit(commit)) {
        throw new HubException(
            "%s: expected a commit of 40 hexadecimal digits, found %s"
                .formatted(ref, HubException.quote(commit)));
      }
      return Optional.of(commit);
    } catch (NoSuchFileException | NotDirectoryException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw HubException.unreadable(ref, e);
    }
  }

  /** Remembers where a revision is; nothing is written if that is known. */
  void writeCommit(ModelId id, String commit) {
    if (!id.isCommit() && !commit(id).equals(Optional.of(commit))) {
      write(ref(id), commit.getBytes(StandardCharsets.US_ASCII));
    }
  }

  private Path ref(ModelId id) {
    return repository.resolve("refs").resolve(id.revision());
  }

  /** All files of a commit, if they were noted down here or by Python. */
  Optional<Listing> listing(String commit) {
    Path file = tree(commit);
    byte[] bytes;
    try {
      bytes = Files.readAllBytes(file);
    } catch (NoSuchFileException | NotDirectoryException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw HubException.unreadable(file, e);
    }
    JsonNode root = HubJson.parse(bytes, file.toString());
    JsonNode entries = root.get("files");
    if (root.path("format_version").asInt(0) != TREE_VERSION || entries == null) {
      // Of another version of Python's library: the hub is asked again.
      return Optional.empty();
    }
    List<RemoteFile> files = new ArrayList<>();
    entries
        .properties()
        .forEach(entry -> files.add(file(entry.getKey(), entry.getValue(), file.toString())));
    return Optional.of(new Listing(commit, files));
  }

  private static RemoteFile file(String path, JsonNode entry, String source) {
    return new RemoteFile(
        path,
        HubJson.number(entry, "size", source + ": " + HubException.quote(path)),
        HubJson.optionalString(entry, "blob_id"),
        HubJson.optionalString(entry, "lfs_sha256"),
        HubJson.optionalString(entry, "xet_hash"));
  }

  void writeListing(Listing listing) {
    Path tree = tree(listing.commit());
    if (Files.exists(tree)) {
      return;
    }
    ObjectNode root = HubJson.MAPPER.createObjectNode();
    root.put("format_version", TREE_VERSION);
    ObjectNode files = root.putObject("files");
    for (RemoteFile file : listing.files()) {
      ObjectNode entry = files.putObject(file.path());
      entry.put("size", file.size());
      put(entry, "blob_id", file.gitBlob());
      if (file.sha256() != null) {
        put(entry, "lfs_sha256", file.sha256());
        entry.put("lfs_size", file.size());
      }
      put(entry, "xet_hash", file.xetHash());
    }
    write(tree, HubJson.MAPPER.writeValueAsBytes(root));
  }

  private static void put(ObjectNode entry, String field, @Nullable String value) {
    if (value != null) {
      entry.put(field, value);
    }
  }

  private Path tree(String commit) {
    return repository.resolve("trees").resolve(commit + ".json");
  }

  /** Whether a snapshot has a file, in its right size. */
  boolean has(String commit, RemoteFile file) {
    return isFile(snapshot(commit).resolve(file.path()), file.size());
  }

  /** Whether a file's contents are here, for whichever snapshot. */
  boolean hasBlob(RemoteFile file) {
    return isFile(blob(file), file.size());
  }

  private static boolean isFile(Path path, long size) {
    try {
      return Files.isRegularFile(path) && Files.size(path) == size;
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * Puts a file whose blob is here into a snapshot: as a link or, where there are none, by moving a
   * blob that nobody else can know of yet, or else by copying it.
   */
  void add(String commit, RemoteFile file, boolean newBlob) {
    Path pointer = snapshot(commit).resolve(file.path());
    Path folder = Objects.requireNonNull(pointer.getParent());
    Path blob = blob(file);
    try {
      Files.createDirectories(folder);
      if (symlinks && link(pointer, folder.relativize(blob))) {
        return;
      }
      if (newBlob) {
        move(blob, pointer);
        return;
      }
      Path copy = neighbour(pointer);
      try {
        Files.copy(blob, copy, LinkOption.NOFOLLOW_LINKS);
        move(copy, pointer);
      } finally {
        Files.deleteIfExists(copy);
      }
    } catch (IOException e) {
      throw HubException.unwritable(pointer, e);
    }
  }

  private static boolean link(Path pointer, Path target) throws IOException {
    Path link = neighbour(pointer);
    try {
      Files.createSymbolicLink(link, target);
    } catch (UnsupportedOperationException | IOException e) {
      // No links here, or no right to make them, as on Windows; if it is the directory that
      // cannot be written, the copy that follows says so.
      return false;
    }
    try {
      move(link, pointer);
    } finally {
      Files.deleteIfExists(link);
    }
    return true;
  }

  private void write(Path path, byte[] bytes) {
    try {
      Files.createDirectories(path.getParent());
      Path temporary = neighbour(path);
      try {
        Files.write(temporary, bytes);
        move(temporary, path);
      } finally {
        Files.deleteIfExists(temporary);
      }
    } catch (IOException e) {
      throw HubException.unwritable(path, e);
    }
  }

  /** A name in the same directory that nobody else uses. */
  private static Path neighbour(Path path) {
    String unique = UUID.randomUUID().toString().substring(0, 8);
    return path.resolveSibling("%s.%s.tmp".formatted(path.getFileName(), unique));
  }

  private static void move(Path from, Path to) throws IOException {
    try {
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (AtomicMoveNotSupportedException e) {
      Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
    }
  }
}
