package dev.vl4j.loader;

import static dev.vl4j.loader.LoaderException.quote;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * All tensors of a model, whether its weights lie in one {@code model.safetensors} or in shards,
 * see {@link WeightFiles}. Where two shards hold a tensor of the same name, the last one counts, in
 * the order of their names, as in transformers.
 */
public final class Checkpoint implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Checkpoint.class.getName());

  private final Path directory;
  private final List<SafetensorsFile> files;
  private final Map<String, StoredTensor> tensors;
  private final WeightFiles found;

  /** Small files that say what the weights are. */
  private final List<String> settings;

  private Checkpoint(
      Path directory,
      List<SafetensorsFile> files,
      Map<String, StoredTensor> tensors,
      WeightFiles found,
      List<String> settings) {
    this.directory = directory;
    this.files = files;
    this.tensors = Collections.unmodifiableMap(tensors);
    this.found = found;
    this.settings = settings;
  }

  /**
   * Maps the weights in a directory.
   *
   * @throws LoaderException if there are none, if shards are absent (those that an index lists may
   *     be, as long as nobody asks for their tensors), if the index points outside the directory,
   *     or if a file is malformed
   */
  public static Checkpoint open(Path directory) {
    return open(directory, WeightFiles.in(directory), List.of("config.json", WeightFiles.INDEX));
  }

  /**
   * Maps one file of weights, whatever its name, such as an adapter's.
   *
   * @param settings name of the file beside it that says what the weights are
   * @throws LoaderException if the file cannot be read, or is malformed
   */
  public static Checkpoint open(Path directory, String weights, String settings) {
    WeightFiles alone = new WeightFiles(List.of(directory.resolve(weights)), Map.of(), Set.of());
    return open(directory, alone, List.of(settings));
  }

  private static Checkpoint open(Path directory, WeightFiles found, List<String> settings) {
    List<SafetensorsFile> files = new ArrayList<>();
    boolean opened = false;
    try {
      Map<String, StoredTensor> tensors = new LinkedHashMap<>();
      for (Path path : found.files()) {
        SafetensorsFile file = SafetensorsFile.open(path);
        files.add(file);
        file.tensors()
            .forEach((name, tensor) -> {
              StoredTensor earlier = tensors.put(name, tensor);
              if (earlier != null) {
                LOG.log(
                    System.Logger.Level.WARNING,
                    "tensor %s is in %s and in %s: the latter counts"
                        .formatted(quote(name), earlier.file(), path));
              }
            });
      }
      opened = true;
      return new Checkpoint(directory, files, tensors, found, settings);
    } finally {
      if (!opened) {
        files.forEach(SafetensorsFile::close);
      }
    }
  }

  /**
   * The same tensors under other names. Closing either closes both.
   *
   * @param names from the stored name to the other
   * @throws LoaderException if two tensors get the same name
   */
  public Checkpoint renamed(UnaryOperator<String> names) {
    Map<String, StoredTensor> renamed = new LinkedHashMap<>();
    for (StoredTensor tensor : tensors.values()) {
      String name = names.apply(tensor.name());
      StoredTensor other = renamed.put(name, tensor.named(name));
      if (other != null) {
        throw new LoaderException(
            "%s: the tensor %s is stored twice, the second time as %s in %s"
                .formatted(directory, quote(name), quote(tensor.name()), tensor.file()));
      }
    }
    Map<String, String> listed = new LinkedHashMap<>();
    found.listed().forEach((name, shard) -> listed.put(names.apply(name), shard));
    WeightFiles same = new WeightFiles(found.files(), listed, found.absent());
    return new Checkpoint(directory, files, renamed, same, settings);
  }

  /** Whether there is a tensor of this name, be it in a shard that is absent. */
  public boolean contains(String name) {
    String shard = found.listed().get(name);
    return tensors.containsKey(name) || (shard != null && found.absent().contains(shard));
  }

  /**
   * The tensor of this name.
   *
   * @throws LoaderException if there is none, or if it is in a shard that is absent
   */
  public StoredTensor tensor(String name) {
    StoredTensor tensor = tensors.get(name);
    if (tensor == null) {
      String shard = found.listed().get(name);
      throw new LoaderException(
          shard == null
              ? "%s: no tensor %s in its weights".formatted(directory, quote(name))
              : "%s: no tensor %s: %s lists it in %s, which %s"
                  .formatted(
                      directory,
                      quote(name),
                      WeightFiles.INDEX,
                      quote(shard),
                      found.absent().contains(shard) ? "is missing" : "does not have it"));
    }
    return tensor;
  }

  /** The names of all tensors that are there, in the order of the files. */
  public Set<String> names() {
    return tensors.keySet();
  }

  /** Size of all tensors together, in bytes. */
  public long bytes() {
    return tensors.values().stream().mapToLong(tensor -> tensor.data().byteSize()).sum();
  }

  /**
   * What tells these weights from others, as text, without reading them all: {@code config.json}
   * and the index, or the settings that were named, and of each file of weights the name, the size,
   * the time of its last change, its header and samples of every tensor.
   *
   * @throws LoaderException if a file cannot be read, or is no longer what was opened
   */
  public String identity() {
    StringBuilder lines = new StringBuilder();
    for (String name : settings) {
      Path file = directory.resolve(name);
      if (Files.exists(file)) {
        lines.append(CheckpointIdentity.of(file));
      }
    }
    files.forEach(file -> lines.append(CheckpointIdentity.of(directory, file)));
    return lines.toString();
  }

  /**
   * When the file system last noted a change of each file of weights, as text. Whoever writes to
   * them changes this, whatever time he gives them afterwards; but so does a change of their owner
   * or a copy, so that it is no part of {@link #identity}: {@link #checksums} tells.
   */
  public String changes() {
    StringBuilder lines = new StringBuilder();
    files.forEach(file -> lines.append(CheckpointIdentity.change(directory, file)));
    return lines.toString();
  }

  /** Checksums of all weights, as text. Reads every byte, and leaves none in memory. */
  public String checksums() {
    StringBuilder lines = new StringBuilder();
    files.forEach(file -> lines.append(CheckpointIdentity.checksums(directory, file)));
    return lines.toString();
  }

  /**
   * Refuses weights that were written to, or replaced, since they were opened.
   *
   * @throws LoaderException if a file is no longer what was opened
   */
  public void requireUnchanged() {
    files.forEach(CheckpointIdentity::requireUnchanged);
  }

  /** Unmaps every file; tensors must not be touched afterwards. Closing twice does nothing. */
  @Override
  public void close() {
    files.forEach(SafetensorsFile::close);
  }
}
