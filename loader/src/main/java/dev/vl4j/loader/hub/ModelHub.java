package dev.vl4j.loader.hub;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Models by their id: from the cache, or from the hub into the cache. A snapshot is only ever
 * handed out whole.
 */
public final class ModelHub {
  private final HubSettings settings;
  private final HubListener listener;
  private final Surroundings surroundings;

  /**
   * A hub with its cache.
   *
   * @param settings how the hub is reached and where the cache is
   * @param listener hears what downloads do; {@link HubListener#NONE} for nobody
   */
  public ModelHub(HubSettings settings, HubListener listener) {
    this(settings, listener, Surroundings.REAL);
  }

  ModelHub(HubSettings settings, HubListener listener, Surroundings surroundings) {
    this.settings = Objects.requireNonNull(settings, "settings");
    this.listener = Objects.requireNonNull(listener, "listener");
    this.surroundings = surroundings;
  }

  /**
   * The directory of a model. One that is whole in the cache is used as it is and the hub is not
   * asked, even if its branch has moved on; otherwise this is {@link #pull}, except that a cache
   * which seems whole will do if the hub cannot be reached.
   *
   * @throws HubException if the model can be had from neither
   * @throws IllegalArgumentException if the id is another hub's
   */
  public Path resolve(ModelId id) {
    SnapshotCache cache = cache(id);
    Optional<String> commit = cache.commit(id);
    Optional<Listing> listing = commit.flatMap(cache::listing);
    if (listing.isPresent() && missing(id, cache, listing.get()).isEmpty()) {
      return cache.snapshot(listing.get().commit());
    }
    if (settings.offline()) {
      return offline(id, cache);
    }
    try {
      return pull(id);
    } catch (HubException.Unreachable e) {
      if (commit.isEmpty() || listing.isPresent() || !seemsWhole(cache.snapshot(commit.get()))) {
        throw e;
      }
      listener.note(
          "%s; using what is in the cache, %s"
              .formatted(e.getMessage(), cache.snapshot(commit.get())));
      return cache.snapshot(commit.get());
    }
  }

  /**
   * Asks the hub where the revision is now, downloads what the cache lacks of it, and answers its
   * directory. A commit that is whole in the cache is not asked about. Offline, the cache must have
   * it whole.
   *
   * @throws HubException if the model cannot be had, is incomplete, or does not fit the disk
   * @throws IllegalArgumentException if the id is another hub's
   */
  public Path pull(ModelId id) {
    SnapshotCache cache = cache(id);
    if (settings.offline()) {
      return offline(id, cache);
    }
    if (id.isCommit()) {
      Optional<Listing> listing = cache.listing(id.revision());
      if (listing.isPresent() && missing(id, cache, listing.get()).isEmpty()) {
        return cache.snapshot(id.revision());
      }
    }
    try (HubClient client = new HubClient(settings)) {
      HubApi api =
          HubApi.of(
              settings,
              id,
              new HubApi.Questions(client, new Refusals(settings, id), listener, surroundings));
      return new Pull(id, cache, client, api).run();
    }
  }

  private SnapshotCache cache(ModelId id) {
    Objects.requireNonNull(id, "id");
    if (id.hub() != settings.hub()) {
      throw new IllegalArgumentException(
          "%s is not a model of %s".formatted(id, settings.hub().title()));
    }
    return new SnapshotCache(settings, id.name());
  }

  private static Path offline(ModelId id, SnapshotCache cache) {
    Optional<String> commit = cache.commit(id);
    if (commit.isEmpty()) {
      throw new HubException(
          "%s: not in the cache %s, and HF_HUB_OFFLINE forbids to download it"
              .formatted(id, cache.directory()));
    }
    Path snapshot = cache.snapshot(commit.get());
    Set<String> missing =
        cache
            .listing(commit.get())
            .map(listing -> missing(id, cache, listing))
            .orElseGet(() -> apparentlyMissing(snapshot));
    if (!missing.isEmpty()) {
      throw new HubException(
          "%s: incomplete in the cache %s (no %s), and HF_HUB_OFFLINE forbids to download the rest"
              .formatted(id, snapshot, String.join(", ", missing)));
    }
    return snapshot;
  }

  private static boolean seemsWhole(Path snapshot) {
    return apparentlyMissing(snapshot).isEmpty();
  }

  /** What a snapshot surely lacks, if there is no list of what it should have. */
  private static Set<String> apparentlyMissing(Path snapshot) {
    Set<String> wanted = new TreeSet<>(ModelFiles.indispensable());
    wanted.addAll(ModelFiles.weights(names(snapshot), snapshot.resolve(ModelFiles.INDEX)));
    wanted.removeIf(name -> Files.isRegularFile(snapshot.resolve(name)));
    return wanted;
  }

  private static Set<String> names(Path directory) {
    if (!Files.isDirectory(directory)) {
      return Set.of();
    }
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .filter(Files::exists)
          .map(file -> file.getFileName().toString())
          .collect(Collectors.toSet());
    } catch (IOException e) {
      throw HubException.unreadable(directory, e);
    }
  }

  private static Set<String> missing(ModelId id, SnapshotCache cache, Listing listing) {
    Set<String> missing = new TreeSet<>();
    for (RemoteFile file : ModelFiles.sideFiles(listing)) {
      if (!cache.has(listing.commit(), file)) {
        missing.add(file.path());
      }
    }
    if (missing.contains(ModelFiles.INDEX)) {
      return missing;
    }
    for (RemoteFile file : weights(id, listing, cache.snapshot(listing.commit()))) {
      if (!cache.has(listing.commit(), file)) {
        missing.add(file.path());
      }
    }
    return missing;
  }

  /** The weights, with the index of shards read from a directory if there is one. */
  private static List<RemoteFile> weights(ModelId id, Listing listing, Path directory) {
    Set<String> names =
        ModelFiles.weights(
            listing.files().stream().map(RemoteFile::path).toList(),
            directory.resolve(ModelFiles.INDEX));
    List<RemoteFile> files = new ArrayList<>();
    for (String name : names) {
      files.add(
          listing
              .find(name)
              .orElseThrow(() ->
                  new HubException(
                      "%s: no %s in it: expected weights in safetensors".formatted(id, name))));
    }
    return files;
  }

  /** One model on its way into the cache. */
  private final class Pull {
    private final ModelId id;
    private final SnapshotCache cache;
    private final HubClient client;
    private final HubApi api;

    Pull(ModelId id, SnapshotCache cache, HubClient client, HubApi api) {
      this.id = id;
      this.cache = cache;
      this.client = client;
      this.api = api;
    }

    Path run() {
      Listing listing = api.list();
      Path snapshot = cache.snapshot(listing.commit());
      List<RemoteFile> side = ModelFiles.sideFiles(listing);
      for (String name : ModelFiles.indispensable()) {
        if (listing.find(name).isEmpty()) {
          throw new HubException("%s: no %s in it: not a model for vl4j".formatted(id, name));
        }
      }
      // The index first, because it says which weights there are; config.json last, because
      // without it nobody takes the directory for a model.
      List<RemoteFile> index =
          side.stream().filter(file -> file.path().equals(ModelFiles.INDEX)).toList();
      fetch(listing, index);
      List<RemoteFile> files = new ArrayList<>(weights(id, listing, snapshot));
      files.addAll(side);
      fetch(listing, files);
      remember(listing);
      return snapshot;
    }

    private void fetch(Listing listing, List<RemoteFile> files) {
      List<RemoteFile> lacking =
          files.stream().filter(file -> !cache.has(listing.commit(), file)).toList();
      List<RemoteFile> absent = lacking.stream().filter(file -> !cache.hasBlob(file)).toList();
      long bytes = distinctBytes(absent);
      if (bytes > 0) {
        checkSpace(absent, bytes);
      }
      if (!absent.isEmpty() && files.size() > 1) {
        listener.note(
            "downloading %s at %s: %d files, %.1f MB, into %s"
                .formatted(
                    id,
                    listing.commit().substring(0, 7),
                    absent.size(),
                    bytes / 1e6,
                    cache.directory()));
      }
      DownloadProgress progress = new DownloadProgress(listener, bytes);
      for (RemoteFile file : lacking) {
        fetch(listing, file, progress);
      }
    }

    private void fetch(Listing listing, RemoteFile file, DownloadProgress progress) {
      String what = "%s: %s".formatted(id, file.path());
      try (CacheLock _ = CacheLock.acquire(cache.lock(file), what, listener)) {
        if (cache.has(listing.commit(), file)) {
          progress.finished(file);
          return;
        }
        boolean newBlob = !cache.hasBlob(file);
        if (newBlob) {
          createDirectories(cache.blobs());
          new BlobDownload(
                  id,
                  file,
                  api.address(listing, file),
                  settings,
                  client,
                  new Retries(what, listener, surroundings),
                  progress)
              .run(cache.partial(file), cache.blob(file));
          progress.finished(file);
        }
        cache.add(listing.commit(), file, newBlob);
      }
    }

    /**
     * Nothing that is noted here makes the files any less whole, so failing at it is no refusal.
     */
    private void remember(Listing listing) {
      try {
        cache.writeListing(listing);
        cache.writeCommit(id, listing.commit());
      } catch (HubException e) {
        listener.note(e.getMessage() == null ? "cache: cannot be written" : e.getMessage());
      }
    }

    private void checkSpace(List<RemoteFile> absent, long bytes) {
      long here = 0;
      for (RemoteFile file : absent) {
        here += sizeOf(cache.partial(file));
      }
      Path directory = cache.directory();
      while (!Files.exists(directory) && directory.getParent() != null) {
        directory = directory.getParent();
      }
      try {
        long free = surroundings.usableBytes(directory);
        if (free < bytes - here) {
          throw new HubException(
              ("%s: no space in %s: expected %d bytes free, found %d"
                      + " (HF_HUB_CACHE and --cache-dir choose another place)")
                  .formatted(id, directory, bytes - here, free));
        }
      } catch (IOException e) {
        throw HubException.unreadable(directory, e);
      }
    }
  }

  private static long distinctBytes(List<RemoteFile> files) {
    Set<String> seen = new HashSet<>();
    return files.stream()
        .filter(file -> seen.add(file.checksum().hex()))
        .mapToLong(RemoteFile::size)
        .sum();
  }

  private static long sizeOf(Path file) {
    try {
      return Files.exists(file) ? Files.size(file) : 0;
    } catch (IOException e) {
      return 0;
    }
  }

  private static void createDirectories(Path directory) {
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw HubException.unwritable(directory, e);
    }
  }
}
