package dev.vl4j.loader;

import static dev.vl4j.loader.LoaderException.quote;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Which files of a directory are its weights. As in transformers, {@code model.safetensors} goes
 * before an index, which may be left from before the shards were joined, and all tensors of the
 * files that an index names count, whatever it lists them for. Shards without an index are taken
 * for one, as vLLM does.
 *
 * @param files that exist, in the order of their names
 * @param listed where an index says that each tensor is; empty without one
 * @param absent files that the index names and that do not exist
 */
public record WeightFiles(List<Path> files, Map<String, String> listed, Set<String> absent) {
  /** The file of weights that are all in one. */
  public static final String SINGLE = "model.safetensors";

  /** The file that says in which shard each weight is. */
  public static final String INDEX = "model.safetensors.index.json";

  private static final String SAFETENSORS = ".safetensors";

  /** A shard as all tools number it: the name of the set, its place, and how many there are. */
  private static final Pattern SHARD = Pattern.compile("(.*)-(\\d+)-of-(\\d+)\\.safetensors");

  /** Weights of another kind: an adapter for others, Mistral's own layout. */
  private static final Pattern NO_MODEL = Pattern.compile("(adapter_model|consolidated).*");

  /** GGUF, PyTorch's pickles, NumPy's archives, ONNX. */
  private static final List<String> OTHER_FORMATS =
      List.of(".gguf", ".bin", ".pt", ".pth", ".npz", ".onnx");

  /**
   * @throws NullPointerException if anything is null
   */
  public WeightFiles {
    Objects.requireNonNull(files, "files");
    Objects.requireNonNull(listed, "listed");
    Objects.requireNonNull(absent, "absent");
  }

  /**
   * Looks for the weights in a directory.
   *
   * @throws LoaderException if there are none, if all shards of an index or one of shards without
   *     an index are absent, or if the index points outside the directory
   */
  public static WeightFiles in(Path directory) {
    Path single = directory.resolve(SINGLE);
    if (Files.isRegularFile(single)) {
      return new WeightFiles(List.of(single), Map.of(), Set.of());
    }
    Path index = directory.resolve(INDEX);
    return Files.isRegularFile(index) ? indexed(directory, index) : unindexed(directory);
  }

  private static WeightFiles indexed(Path directory, Path index) {
    Map<String, String> map = JsonFile.read(index).requireStringMap("weight_map");
    Map<String, Path> shards = new TreeMap<>();
    for (String name : map.values()) {
      shards.computeIfAbsent(name, shard -> shardPath(directory, index, shard));
    }
    List<Path> files = shards.values().stream().filter(Files::exists).toList();
    if (files.isEmpty()) {
      throw new LoaderException(
          shards.isEmpty()
              ? "%s: weight_map: expected tensors, found none".formatted(index)
              : "%s: missing shard %s, which %s lists"
                  .formatted(directory, quote(shards.keySet().iterator().next()), INDEX));
    }
    Set<String> absent = new TreeSet<>(shards.keySet());
    absent.removeIf(name -> files.contains(shards.get(name)));
    return new WeightFiles(files, map, absent);
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
    return directory.resolve(relative);
  }

  private static WeightFiles unindexed(Path directory) {
    List<String> names = names(directory, name -> name.endsWith(SAFETENSORS));
    List<String> chosen = withoutIndex(names);
    if (chosen.isEmpty()) {
      throw new LoaderException(
          "%s: no weights: neither %s nor %s%s"
              .formatted(directory, SINGLE, INDEX, others(directory, names)));
    }
    if (isShard(chosen.getFirst())) {
      requireOneWholeSet(directory, chosen);
    }
    return new WeightFiles(chosen.stream().map(directory::resolve).toList(), Map.of(), Set.of());
  }

  /**
   * Which files of a directory without an index are weights of a model: those with the numbers of
   * shards, or else all in safetensors.
   *
   * @param names of files, without folders
   */
  public static List<String> withoutIndex(List<String> names) {
    List<String> own =
        names.stream()
            .filter(name -> name.endsWith(SAFETENSORS) && !NO_MODEL.matcher(name).matches())
            .sorted()
            .toList();
    List<String> shards = own.stream().filter(WeightFiles::isShard).toList();
    return shards.isEmpty() ? own : shards;
  }

  private static boolean isShard(String name) {
    return SHARD.matcher(name).matches();
  }

  /** Without an index, only the numbers in the names say whether a shard is missing. */
  private static void requireOneWholeSet(Path directory, List<String> shards) {
    Map<String, Set<Integer>> sets = new TreeMap<>();
    int count = 0;
    for (String name : shards) {
      Matcher shard = SHARD.matcher(name);
      if (shard.matches()) {
        count = number(directory, name, shard.group(3));
        sets.computeIfAbsent("%s, of %d".formatted(shard.group(1), count), _ -> new TreeSet<>())
            .add(number(directory, name, shard.group(2)));
      }
    }
    if (sets.size() > 1) {
      throw new LoaderException(
          "%s: no %s, and shards of %d sets (%s): expected those of one"
              .formatted(directory, INDEX, sets.size(), String.join("; ", sets.keySet())));
    }
    Set<Integer> found = sets.values().iterator().next();
    for (int i = 1; i <= count; i++) {
      if (!found.contains(i)) {
        throw new LoaderException(
            "%s: no %s, and shard %d of %d is missing beside %s"
                .formatted(directory, INDEX, i, count, quote(shards.getFirst())));
      }
    }
  }

  private static int number(Path directory, String name, String digits) {
    try {
      return Integer.parseInt(digits);
    } catch (NumberFormatException e) {
      throw new LoaderException(
          "%s: %s: no number of a shard".formatted(directory, quote(name)), e);
    }
  }

  /** Weights that are not read, for the message that there are no others. */
  private static String others(Path directory, List<String> otherTensors) {
    List<String> others =
        new ArrayList<>(names(directory, name -> OTHER_FORMATS.stream().anyMatch(name::endsWith)));
    others.addAll(otherTensors);
    return others.isEmpty()
        ? ""
        : ", and no support for "
            + String.join(", ", others.stream().map(LoaderException::quote).toList());
  }

  private static List<String> names(Path directory, Predicate<String> wanted) {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .filter(Files::isRegularFile)
          .map(file -> file.getFileName().toString())
          .filter(wanted)
          .sorted()
          .toList();
    } catch (IOException e) {
      throw LoaderException.unreadable(directory, e);
    }
  }
}
