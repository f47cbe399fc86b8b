package dev.vl4j.ascend.library;

import dev.vl4j.device.library.FoundLibrary;
import dev.vl4j.device.library.NativeLibrary;
import dev.vl4j.device.library.Symbols;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Where CANN's libraries are: in the toolkit that a property names, in the one whose {@code
 * set_env.sh} was sourced, in the usual places, and where the system looks.
 *
 * <p>A toolkit has stubs of its libraries as well, for linkers ({@code devlib}, {@code stub}). None
 * of their folders is among those searched; one that the system finds says so when it is called.
 */
public final class LibrarySearch {
  /** The folder of a toolkit. */
  public static final String PROPERTY = "vl4j.ascend.home";

  private static final List<String> HOMES = List.of("ASCEND_TOOLKIT_HOME", "ASCEND_HOME_PATH");
  private static final List<String> USUAL =
      List.of("usr/local/Ascend/ascend-toolkit/latest", "usr/local/Ascend/cann");
  private static final String CUSTOM = "ASCEND_CUSTOM_OPP_PATH";
  private static final String CUSTOM_OPERATORS = "libcust_opapi.so";

  /** From the newest to the oldest: a toolkit has those of its time. */
  private static final List<String> OPERATORS =
      List.of(
          "libopapi_math.so",
          "libopapi_nn.so",
          "libopapi_cv.so",
          "libopapi_transformer.so",
          "libopapi_legacy.so",
          "libopapi.so",
          "libaclnn_ops_infer.so",
          "libaclnn_math.so");

  /**
   * What a search found.
   *
   * @param libraries if enough of them open
   * @param isThere whether AscendCL is there at all
   * @param reasons why others do not open, or where none is
   */
  public record Result(
      Optional<AscendLibraries> libraries, boolean isThere, List<String> reasons) {}

  private final @Nullable String home;
  private final Map<String, String> environment;
  private final Path root;
  private final String architecture;
  private final Function<String, Symbols> opener;

  /** For this process. */
  public LibrarySearch() {
    this(
        System.getProperty(PROPERTY),
        System.getenv(),
        Path.of("/"),
        System.getProperty("os.arch", ""),
        NativeLibrary::openGlobally);
  }

  /**
   * For a machine.
   *
   * @param home the property's value
   * @param root of the file system
   * @param architecture as Java names it
   * @param opener gives a library by path or soname, or throws a {@link
   *     dev.vl4j.kernels.BackendException}
   */
  public LibrarySearch(
      @Nullable String home,
      Map<String, String> environment,
      Path root,
      String architecture,
      Function<String, Symbols> opener) {
    this.home = home;
    this.environment = environment;
    this.root = root;
    this.architecture = architecture.equals("amd64") ? "x86_64" : architecture;
    this.opener = opener;
  }

  /**
   * Opens all libraries: those beside AscendCL before others, so that no two toolkits are mixed.
   */
  public Result find() {
    FoundLibrary runtime = first("libascendcl.so", folders());
    if (runtime.library().isEmpty()) {
      return new Result(Optional.empty(), runtime.isThere(), runtime.reasons());
    }
    List<Path> toolkit = toolkitOf(runtime.library().get());
    List<String> reasons = new ArrayList<>(runtime.reasons());
    FoundLibrary tensors = first("libnnopbase.so", toolkit);
    reasons.addAll(tensors.reasons());
    List<Symbols> operators = new ArrayList<>();
    boolean someAreThere = false;
    for (FoundLibrary found : operators(toolkit)) {
      found.library().ifPresent(operators::add);
      if (found.isThere()) {
        someAreThere = true;
        reasons.addAll(found.reasons());
      }
    }
    if (!someAreThere) {
      reasons.add("libopapi.so, or another library of operators, is nowhere to be found");
    }
    return tensors.library().isEmpty() || operators.isEmpty()
        ? new Result(Optional.empty(), true, reasons)
        : new Result(
            Optional.of(
                new AscendLibraries(runtime.library().get(), tensors.library().get(), operators)),
            true,
            reasons);
  }

  /**
   * Libraries of operators, in the order in which an operator is looked for: the user's own, then
   * the toolkit's, and those of the system only if the toolkit has none.
   */
  private List<FoundLibrary> operators(List<Path> toolkit) {
    List<FoundLibrary> operators = new ArrayList<>();
    for (String folder : environment.getOrDefault(CUSTOM, "").split(":", -1)) {
      List<Path> custom = List.of(Path.of(folder, "op_api", "lib"));
      operators.addAll(open(FoundLibrary.files(custom, List.of(CUSTOM_OPERATORS))));
    }
    List<String> files = new ArrayList<>();
    OPERATORS.forEach(name ->
        FoundLibrary.files(toolkit, List.of(name)).stream().findFirst().ifPresent(files::add));
    operators.addAll(open(files.isEmpty() ? OPERATORS : files));
    return operators;
  }

  private List<FoundLibrary> open(List<String> names) {
    return names.stream().map(name -> FoundLibrary.first(name, List.of(name), opener)).toList();
  }

  private FoundLibrary first(String soname, List<Path> folders) {
    List<String> candidates = FoundLibrary.files(folders, List.of(soname));
    candidates.add(soname);
    return FoundLibrary.first(soname, candidates, opener);
  }

  /** The folders of the toolkit that a library is of; none if the system has found it. */
  private List<Path> toolkitOf(Symbols library) {
    Path folder = Path.of(library.name()).getParent();
    if (folder == null) {
      return List.of();
    }
    return homes().stream()
        .map(this::foldersOf)
        .filter(folders -> folders.contains(folder))
        .findFirst()
        .orElse(List.of());
  }

  /** Folders with libraries, in the order of the search. */
  private List<Path> folders() {
    return homes().stream().flatMap(toolkit -> foldersOf(toolkit).stream()).toList();
  }

  private List<Path> foldersOf(Path toolkit) {
    return List.of(
        toolkit.resolve("lib64"), toolkit.resolve(architecture + "-linux").resolve("lib64"));
  }

  private List<Path> homes() {
    List<Path> homes = new ArrayList<>();
    if (home != null && !home.isBlank()) {
      homes.add(Path.of(home));
    }
    for (String variable : HOMES) {
      String value = environment.getOrDefault(variable, "");
      if (!value.isBlank()) {
        homes.add(Path.of(value));
      }
    }
    USUAL.forEach(usual -> homes.add(root.resolve(usual)));
    return homes;
  }
}
