package dev.vl4j.engine.model.weights;

import dev.vl4j.engine.ModelException;
import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.PackedWeights;
import dev.vl4j.kernels.PreparedStore;
import dev.vl4j.kernels.packed.PackedCache;
import dev.vl4j.loader.Checkpoint;
import dev.vl4j.loader.LoaderException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A checkpoint's weights as a backend has prepared them in an earlier process, in a file that is
 * only used if nothing has changed since: the checkpoint and an adapter that is merged into it,
 * what this engine makes of them, and how the backend lays it out.
 */
final class PackedWeightFile implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(PackedWeightFile.class.getName());

  private final List<Checkpoint> sources;
  private final PackedWeights packing;
  private final PackedCache cache;

  /** When the file system noted changes of the sources, as of opening. */
  private final String changes;

  private PackedWeightFile(
      List<Checkpoint> sources, PackedWeights packing, PackedCache cache, String changes) {
    this.sources = sources;
    this.packing = packing;
    this.cache = cache;
    this.changes = changes;
  }

  /**
   * Looks for packed weights, and lets the backend prepare from them.
   *
   * @param sources the checkpoint, and the adapter if there is one
   * @return null if one of them is being changed right now, which is reported
   * @throws ModelException if the directory is something else
   * @throws BackendException if the backend keeps no prepared weights
   */
  static @Nullable PackedWeightFile open(
      Path directory, List<Checkpoint> sources, Backend backend, ResolvedPrecision precision) {
    if (Files.exists(directory) && !Files.isDirectory(directory)) {
      throw new ModelException("packed cache: " + directory + ": not a directory");
    }
    PackedWeights packing =
        backend
            .capability(PackedWeights.class)
            .orElseThrow(() ->
                new BackendException(
                    "packed cache: the backend \"%s\" keeps no prepared weights"
                        .formatted(backend.description())));
    String layouts =
        "%s, %s\n%s, %s"
            .formatted(
                precision.ordinary(),
                packing.layout(precision.ordinary()),
                precision.quantised(),
                packing.layout(precision.quantised()));
    String identity;
    try {
      identity = joined(sources, Checkpoint::identity);
    } catch (LoaderException e) {
      warn(e.getMessage());
      return null;
    }
    String key =
        "vl4j %s, weights %d\n%s\n%s"
            .formatted(Version.NAME, WeightStore.VERSION, layouts, identity);
    String changes = joined(sources, Checkpoint::changes);
    PackedWeightFile weights =
        new PackedWeightFile(sources, packing, PackedCache.open(directory, key), changes);
    boolean ready = false;
    try {
      weights.rejectOthers();
      packing.prepareFrom(weights.cache);
      ready = true;
      return weights;
    } finally {
      if (!ready) {
        weights.close();
      }
    }
  }

  /**
   * The key trusts sizes, times and samples. Where the file system has noted a change since, that
   * is not enough: a checkpoint may have been overwritten, and its old time restored.
   */
  private void rejectOthers() {
    String written = cache.note().orElse(null);
    if (written == null || written.startsWith(changes)) {
      return;
    }
    LOG.log(
        System.Logger.Level.DEBUG,
        "packed cache: {0}: the checkpoint was copied or changed; comparing all of it",
        cache.path());
    if (!written.endsWith(joined(sources, Checkpoint::checksums))) {
      cache.reject("the checkpoint has other contents, though sizes, times and samples are equal");
    }
  }

  /** Writes what was packed anew, if the sources are still what they were, and takes in no more. */
  void save() {
    packing.prepareFrom(PreparedStore.NONE);
    if (!cache.isIncomplete()) {
      return;
    }
    try {
      String checksums = joined(sources, Checkpoint::checksums);
      sources.forEach(Checkpoint::requireUnchanged);
      cache.save(changes + checksums);
    } catch (LoaderException e) {
      warn(e.getMessage());
    }
  }

  private static String joined(List<Checkpoint> sources, Function<Checkpoint, String> part) {
    return sources.stream().map(part).collect(Collectors.joining());
  }

  private static void warn(@Nullable String what) {
    LOG.log(System.Logger.Level.WARNING, "packed cache: not written: " + what);
  }

  /** Unmaps the weights, after those that the backend took from them are closed. */
  @Override
  public void close() {
    packing.prepareFrom(PreparedStore.NONE);
    cache.close();
  }
}
