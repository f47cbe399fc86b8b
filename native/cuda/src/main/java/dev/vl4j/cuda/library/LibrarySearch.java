package dev.vl4j.cuda.library;

import dev.vl4j.device.library.FoundLibrary;
import dev.vl4j.device.library.NativeLibrary;
import dev.vl4j.device.library.Symbols;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Where CUDA's libraries are: in the folders that a property names, in the toolkit that the
 * environment names, where the system looks, in the toolkit's usual place, in Python's wheels.
 */
public final class LibrarySearch {
  /** Folders that have the libraries, with the path separator between them. */
  public static final String PROPERTY = "vl4j.cuda.lib";

  private static final List<String> TOOLKIT_FOLDERS = List.of("lib64", "targets/x86_64-linux/lib");
  private static final List<String> DRIVER_FOLDERS =
      List.of("usr/lib/wsl/lib", "usr/local/nvidia/lib64");
  private static final int NEWEST_CUDA = 13;
  private static final int OLDEST_CUDA = 12;

  private final @Nullable String folders;
  private final Map<String, String> environment;
  private final Path root;
  private final Function<String, Symbols> opener;

  /** For this process. */
  public LibrarySearch() {
    this(System.getProperty(PROPERTY), System.getenv(), Path.of("/"), NativeLibrary::open);
  }

  /**
   * For a machine.
   *
   * @param folders the property's value
   * @param root of the file system
   * @param opener gives a library by path or soname, or throws a {@link
   *     dev.vl4j.kernels.BackendException}
   */
  public LibrarySearch(
      @Nullable String folders,
      Map<String, String> environment,
      Path root,
      Function<String, Symbols> opener) {
    this.folders = folders;
    this.environment = environment;
    this.root = root;
    this.opener = opener;
  }

  /** The driver's library. */
  public FoundLibrary driver() {
    List<String> soname = List.of("libcuda.so.1");
    List<String> candidates = new ArrayList<>(FoundLibrary.files(named(), soname));
    candidates.addAll(soname);
    candidates.addAll(
        FoundLibrary.files(DRIVER_FOLDERS.stream().map(root::resolve).toList(), soname));
    return first("libcuda.so.1", candidates);
  }

  /**
   * cuBLASLt.
   *
   * @param driverVersion as the driver tells it, such as 13000: it runs libraries of its own major
   *     version and of earlier ones
   */
  public FoundLibrary cublasLt(int driverVersion) {
    return toolkitLibrary("libcublasLt.so", driverVersion);
  }

  /** NVRTC; see {@link #cublasLt}. */
  public FoundLibrary nvrtc(int driverVersion) {
    return toolkitLibrary("libnvrtc.so", driverVersion);
  }

  private FoundLibrary toolkitLibrary(String name, int driverVersion) {
    List<String> sonames = new ArrayList<>();
    int newest = Math.clamp(driverVersion / 1000, OLDEST_CUDA, NEWEST_CUDA);
    for (int major = newest; major >= OLDEST_CUDA; major--) {
      sonames.add(name + "." + major);
    }
    List<Path> first = named();
    for (String variable : List.of("CUDA_HOME", "CUDA_PATH")) {
      String home = environment.getOrDefault(variable, "");
      if (!home.isEmpty()) {
        first.addAll(toolkit(Path.of(home)));
      }
    }
    Path toolkits = root.resolve("usr/local");
    List<Path> last = new ArrayList<>(toolkit(toolkits.resolve("cuda")));
    for (int major = newest; major >= OLDEST_CUDA; major--) {
      list(toolkits, "cuda-%d*".formatted(major)).reversed().forEach(t -> last.addAll(toolkit(t)));
    }
    last.addAll(wheels());
    List<String> candidates = new ArrayList<>(FoundLibrary.files(first, sonames));
    candidates.addAll(sonames);
    candidates.addAll(FoundLibrary.files(last, sonames));
    return first(String.join(" or ", sonames), candidates);
  }

  /** Folders of the property. */
  private List<Path> named() {
    return folders == null ? new ArrayList<>() : paths(List.of(folders.split(File.pathSeparator)));
  }

  private static List<Path> paths(List<String> names) {
    List<Path> paths = new ArrayList<>();
    names.stream().filter(name -> !name.isBlank()).map(Path::of).forEach(paths::add);
    return paths;
  }

  private static List<Path> toolkit(Path home) {
    return TOOLKIT_FOLDERS.stream().map(home::resolve).toList();
  }

  /** Folders into which NVIDIA's wheels put libraries, for each Python that is at hand. */
  private List<Path> wheels() {
    Set<Path> prefixes = new LinkedHashSet<>();
    for (String variable : List.of("VIRTUAL_ENV", "CONDA_PREFIX")) {
      prefixes.addAll(paths(List.of(environment.getOrDefault(variable, ""))));
    }
    for (Path folder : paths(List.of(environment.getOrDefault("PATH", "").split(":")))) {
      Path prefix = folder.toAbsolutePath().getParent();
      if (prefix != null && Files.exists(folder.resolve("python3"))) {
        prefixes.add(prefix);
      }
    }
    List<Path> found = new ArrayList<>();
    for (Path prefix : prefixes) {
      for (Path python : list(prefix.resolve("lib"), "python3*")) {
        for (String packages : List.of("site-packages", "dist-packages")) {
          for (Path wheel : list(python.resolve(packages).resolve("nvidia"), "*")) {
            found.add(wheel.resolve("lib"));
          }
        }
      }
    }
    return found;
  }

  private static List<Path> list(Path folder, String pattern) {
    List<Path> paths = new ArrayList<>();
    try (var entries = Files.newDirectoryStream(folder, pattern)) {
      entries.forEach(paths::add);
    } catch (IOException absent) {
      return List.of();
    }
    paths.sort(null);
    return paths;
  }

  private FoundLibrary first(String name, List<String> candidates) {
    return FoundLibrary.first(
        name,
        candidates,
        candidate -> {
          openNeighbors(candidate);
          return opener.apply(candidate);
        });
  }

  /**
   * NVRTC opens libnvrtc-builtins by its name, which the system finds in no folder of ours unless
   * it is open already.
   */
  private void openNeighbors(String candidate) {
    Path folder = Path.of(candidate).getParent();
    if (folder == null || !candidate.contains("libnvrtc.so")) {
      return;
    }
    for (Path builtins : list(folder, "libnvrtc-builtins.so.*")) {
      Symbols _ = opener.apply(builtins.toString());
    }
  }
}
