package dev.vl4j.loader;

import static dev.vl4j.loader.LoaderException.quote;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * All tensors of a model, whether its weights lie in one {@code model.safetensors} or in the shards
 * listed by {@code model.safetensors.index.json}. An index takes precedence.
 */
public final class Checkpoint implements AutoCloseable {
  private static final String SINGLE = "model.safetensors";
  private static final String INDEX = "model.safetensors.index.json";

  /** GGUF, PyTorch's pickles, NumPy's archives, ONNX. */
  private static final List<String> OTHER_FORMATS =
      List.of(".gguf", ".bin", ".pt", ".pth", ".npz", ".onnx");

  private final Path directory;
  private final List<SafetensorsFile> files;
  private final Map<String, StoredTensor> tensors;

  private Checkpoint(
      Path directory, List<SafetensorsFile> files, Map<String, StoredTensor> tensors) {
    this.directory = directory;
    this.files = files;
    this.tensors = Collections.unmodifiableMap(tensors);
  }

  /**
   * Maps the weights in a directory.
   *
   * @throws LoaderException if there are none, if a shard or a tensor that the index lists is
   *     absent, if the index points outside the directory, or if a file is malformed
   */
  public static Checkpoint open(Path directory) {
    Path index = directory.resolve(INDEX);
    if (Files.exists(index)) {
      return openShards(directory, JsonFile.read(index));
    }
    Path single = directory.resolve(SINGLE);
    if (!Files.exists(single)) {
      throw new LoaderException(
          "%s: no weights: neither %s nor %s%s"
              .formatted(directory, SINGLE, INDEX, otherFormats(directory)));
    }
    SafetensorsFile file = SafetensorsFile.open(single);
    return new Checkpoint(directory, List.of(file), file.tensors());
  }

  /** Weights in formats that are not read, for the message that there are no others. */
  private static String otherFormats(Path directory) {
    try (Stream<Path> files = Files.list(directory)) {
      List<String> others =
          files
              .map(file -> file.getFileName().toString())
              .filter(name -> OTHER_FORMATS.stream().anyMatch(name::endsWith))
              .sorted()
              .map(LoaderException::quote)
              .toList();
      return others.isEmpty() ? "" : ", and no support for " + String.join(", ", others);
    } catch (IOException e) {
      throw LoaderException.unreadable(directory, e);
    }
  }

  private static Checkpoint openShards(Path directory, JsonFile index) {
    List<SafetensorsFile> files = new ArrayList<>();
    boolean opened = false;
    try {
      Map<String, SafetensorsFile> shards = new HashMap<>();
      Map<String, StoredTensor> tensors = new LinkedHashMap<>();
      for (Map.Entry<String, String> entry : index.requireStringMap("weight_map").entrySet()) {
        String name = entry.getKey();
        String shardName = entry.getValue();
        SafetensorsFile shard = shards.get(shardName);
        if (shard == null) {
          shard = SafetensorsFile.open(shardPath(directory, index.path(), shardName));
          files.add(shard);
          shards.put(shardName, shard);
        }
        StoredTensor tensor = shard.tensors().get(name);
        if (tensor == null) {
          throw new LoaderException(
              "%s: no tensor %s, though %s lists it there"
                  .formatted(shard.path(), quote(name), INDEX));
        }
        tensors.put(name, tensor);
      }
      opened = true;
      return new Checkpoint(directory, files, tensors);
    } finally {
      if (!opened) {
        files.forEach(SafetensorsFile::close);
      }
    }
  }

  /** A downloaded index is not to be trusted with paths of its own; links on disk are. */
  private static Path shardPath(Path directory, Path index, String shardName) {
    Path relative;
    try {
      relative = Path.of(shardName);
    } catch (InvalidPathException e) {
      throw new LoaderException(
          "%s: weight_map: %s is not a file name".formatted(index, quote(shardName)), e);
    }
    boolean outside = relative.isAbsolute() || shardName.isEmpty();
    for (Path step : relative) {
      outside |= step.toString().equals("..");
    }
    if (outside || shardName.indexOf('\\') >= 0) {
      throw new LoaderException(
          "%s: weight_map: expected a file inside the directory, found %s"
              .formatted(index, quote(shardName)));
    }
    Path shard = directory.resolve(relative);
    if (!Files.exists(shard)) {
      throw new LoaderException(
          "%s: missing shard %s, which %s lists".formatted(directory, quote(shardName), INDEX));
    }
    return shard;
  }

  /** Whether there is a tensor of this name. */
  public boolean contains(String name) {
    return tensors.containsKey(name);
  }

  /**
   * The tensor of this name.
   *
   * @throws LoaderException if there is none
   */
  public StoredTensor tensor(String name) {
    StoredTensor tensor = tensors.get(name);
    if (tensor == null) {
      throw new LoaderException(
          "%s: no tensor %s in its weights".formatted(directory, quote(name)));
    }
    return tensor;
  }

  /** All names, in the order of the file or of the index. */
  public Set<String> names() {
    return tensors.keySet();
  }

  /** Size of all tensors together, in bytes. */
  public long bytes() {
    return tensors.values().stream().mapToLong(tensor -> tensor.data().byteSize()).sum();
  }

  /**
   * What tells these weights from others, as text, without reading them all: {@code config.json}
   * and the index, and of each file of weights the name, the size, the time of its last change, its
   * header and samples of every tensor.
   *
   * @throws LoaderException if a file cannot be read, or is no longer what was opened
   */
  public String identity() {
    StringBuilder lines = new StringBuilder();
    for (String name : List.of("config.json", INDEX)) {
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
