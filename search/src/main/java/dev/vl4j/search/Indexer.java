package dev.vl4j.search;

import dev.vl4j.engine.Embedder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.apache.lucene.index.CorruptIndexException;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexFormatTooNewException;
import org.apache.lucene.index.IndexFormatTooOldException;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.store.Directory;
import org.jspecify.annotations.Nullable;

/**
 * Writes an index: brings it to what a folder holds. Only what changed is embedded. An update may
 * be killed at any moment, and the next one goes on from the last commit; a file's entries are
 * replaced together, so that nothing is lost and nothing is there twice.
 */
public final class Indexer implements AutoCloseable {
  /** What a killed update loses at most. */
  private static final Duration COMMIT_INTERVAL = Duration.ofSeconds(3);

  private final Path index;
  private final IndexSettings settings;
  private final IndexMode mode;
  private @Nullable IndexManifest manifest;
  private final Directory directory;
  private final IndexWriter writer;
  private final Duration commitInterval;
  private volatile boolean stopped;

  /** Whether the last update came to its end, and merges are worth waiting for. */
  private boolean complete;

  private Indexer(
      Path index,
      IndexSettings settings,
      IndexMode mode,
      @Nullable IndexManifest manifest,
      Directory directory,
      IndexWriter writer,
      Duration commitInterval) {
    this.index = index;
    this.settings = settings;
    this.mode = mode;
    this.manifest = manifest;
    this.directory = directory;
    this.writer = writer;
    this.commitInterval = commitInterval;
  }

  /**
   * Opens an index for writing, or makes it. Nothing of it changes before an update, but for one
   * that cannot be read and is to be made anew.
   *
   * @param index its folder
   * @param settings of all its vectors
   * @throws SearchException if another process writes it, if it was made with other settings, or if
   *     there is something else in the folder
   */
  public static Indexer open(Path index, IndexSettings settings, IndexMode mode) {
    return open(index, settings, mode, COMMIT_INTERVAL);
  }

  /** As above, with commits in other intervals. */
  static Indexer open(Path index, IndexSettings settings, IndexMode mode, Duration commitInterval) {
    Objects.requireNonNull(index, "index");
    Objects.requireNonNull(settings, "settings");
    Objects.requireNonNull(mode, "mode");
    Directory directory = IndexStore.wanted(index);
    IndexWriter writer = null;
    boolean opened = false;
    try {
      writer = writer(directory, mode);
      IndexManifest manifest =
          mode == IndexMode.ANEW || !DirectoryReader.indexExists(directory)
              ? null
              : manifest(directory, index);
      if (manifest != null) {
        refuseOther(index, settings, manifest.settings());
      }
      opened = true;
      return new Indexer(index, settings, mode, manifest, directory, writer, commitInterval);
    } catch (IOException e) {
      throw IndexStore.failed("write", index, e);
    } finally {
      if (!opened) {
        close(index, writer, directory, false);
      }
    }
  }

  private static IndexWriter writer(Directory directory, IndexMode mode) throws IOException {
    if (mode != IndexMode.ANEW) {
      return new IndexWriter(directory, config(IndexWriterConfig.OpenMode.CREATE_OR_APPEND));
    }
    try {
      return new IndexWriter(directory, config(IndexWriterConfig.OpenMode.CREATE));
    } catch (CorruptIndexException | IndexFormatTooNewException | IndexFormatTooOldException _) {
      // Lucene reads what was there also where it will drop it.
      IndexStore.clear(directory);
      return new IndexWriter(directory, config(IndexWriterConfig.OpenMode.CREATE));
    }
  }

  /** A configuration serves one writer. */
  private static IndexWriterConfig config(IndexWriterConfig.OpenMode mode) {
    return new IndexWriterConfig().setCodec(WideVectors.codec()).setOpenMode(mode);
  }

  private static IndexManifest manifest(Directory directory, Path index) throws IOException {
    try (DirectoryReader reader = DirectoryReader.open(directory)) {
      return IndexStore.manifest(reader, index);
    }
  }

  private static void refuseOther(Path index, IndexSettings wanted, IndexSettings found) {
    List<String> differences = wanted.differences(found);
    if (!differences.isEmpty()) {
      throw new SearchException(
          "%s was made with %s; index with that, or make it anew"
              .formatted(index, String.join("; with ", differences)));
    }
  }

  /**
   * Brings the index to what a folder and the folders in it hold now.
   *
   * @param folder the same at all times, unless the index is opened as {@link IndexMode#MOVED}
   * @param embedder for which the settings stand
   * @throws SearchException if the index is of another folder, or if one of both cannot be read or
   *     written
   */
  public IndexReport update(Path folder, Embedder embedder, IndexObserver observer) {
    Objects.requireNonNull(folder, "folder");
    Objects.requireNonNull(embedder, "embedder");
    Objects.requireNonNull(observer, "observer");
    IndexManifest current = new IndexManifest(settings, root(folder), embedder.dimensions());
    refuseOther(current);
    try {
      if (!current.equals(manifest)) {
        writer.setLiveCommitData(current.toMap().entrySet());
        writer.commit();
        manifest = current;
      }
      TreeWalk walk = TreeWalk.of(current.root(), index.toRealPath());
      try (IndexUpdate update =
          new IndexUpdate(writer, settings, embedder, observer, () -> stopped, commitInterval)) {
        IndexReport report = update.run(walk);
        complete = report.complete();
        return report;
      }
    } catch (IOException e) {
      throw IndexStore.failed("write", index, e);
    }
  }

  private static Path root(Path folder) {
    try {
      if (!Files.isDirectory(folder)) {
        throw new SearchException("there is no folder " + folder);
      }
      return folder.toRealPath();
    } catch (IOException e) {
      throw new SearchException("cannot read the folder " + folder, e);
    }
  }

  private void refuseOther(IndexManifest current) {
    if (manifest == null) {
      return;
    }
    if (mode != IndexMode.MOVED && !manifest.root().equals(current.root())) {
      throw new SearchException(
          ("%s is the index of %s, not of %s: another folder takes another index, and one that was"
                  + " moved has to be said to be so")
              .formatted(index, manifest.root(), current.root()));
    }
    if (manifest.dimensions() != current.dimensions()) {
      throw new SearchException(
          "%s has vectors of %d dimensions, and the model %s makes some of %d"
              .formatted(index, manifest.dimensions(), settings.model(), current.dimensions()));
    }
  }

  /** Asks an update that runs to end soon. What is done so far stays; any thread may ask. */
  public void stop() {
    stopped = true;
  }

  /** Lets others write the index, once small parts of it are merged. */
  @Override
  public void close() {
    close(index, writer, directory, complete);
  }

  /**
   * Closes what is open.
   *
   * @param complete whether to wait for merges; what was not committed is dropped otherwise
   */
  private static void close(
      Path index, @Nullable IndexWriter writer, Directory directory, boolean complete) {
    try (Directory _ = directory) {
      if (writer != null && complete) {
        writer.close();
      } else if (writer != null) {
        writer.rollback();
      }
    } catch (IOException e) {
      throw IndexStore.failed("close", index, e);
    }
  }
}
