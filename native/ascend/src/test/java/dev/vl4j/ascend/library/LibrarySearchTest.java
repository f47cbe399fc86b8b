package dev.vl4j.ascend.library;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.device.library.Symbols;
import dev.vl4j.kernels.BackendException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LibrarySearchTest {
  private static final String MISSING =
      ": cannot open shared object file: No such file or directory";
  private static final List<String> ESSENTIAL =
      List.of("libascendcl.so", "libnnopbase.so", "libopapi.so");

  @TempDir private Path root;

  private final List<String> tried = new ArrayList<>();
  private final Set<String> ofTheSystem = new HashSet<>();

  /** A library that has one function, which is named like it. */
  private record Named(String name) implements Symbols {
    @Override
    public Optional<MemorySegment> find(String symbol) {
      return symbol.equals(Path.of(name).getFileName().toString())
          ? Optional.of(MemorySegment.ofAddress(name.hashCode()))
          : Optional.empty();
    }
  }

  private LibrarySearch.Result search(@Nullable String home, Map<String, String> environment) {
    return new LibrarySearch(home, environment, root, "amd64", this::open).find();
  }

  private Symbols open(String name) {
    tried.add(name);
    if (name.contains("broken")) {
      throw new BackendException("libc_sec.so" + MISSING);
    }
    if (!name.contains("/") && !ofTheSystem.contains(name)) {
      throw new BackendException(name + MISSING);
    }
    return new Named(name);
  }

  private String file(String path) {
    try {
      Path file = root.resolve(path);
      Files.createDirectories(file.getParent());
      return Files.createFile(file).toString();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private void toolkit(String libraries) {
    ESSENTIAL.forEach(name -> file(libraries + "/" + name));
  }

  private String path(String name) {
    return root.resolve(name).toString();
  }

  @Test
  void aToolkitIsLookedForWhereTheUserSays() {
    for (String home : List.of("mine", "first", "second", "usr/local/Ascend/cann")) {
      toolkit(home + "/lib64");
    }
    toolkit("usr/local/Ascend/ascend-toolkit/latest/x86_64-linux/lib64");
    Map<String, String> both =
        Map.of("ASCEND_TOOLKIT_HOME", path("first"), "ASCEND_HOME_PATH", path("second"));
    assertThat(runtime(search(path("mine"), both))).isEqualTo(path("mine/lib64/libascendcl.so"));
    assertThat(runtime(search(null, both))).isEqualTo(path("first/lib64/libascendcl.so"));
    assertThat(runtime(search(" ", Map.of("ASCEND_HOME_PATH", path("second")))))
        .isEqualTo(path("second/lib64/libascendcl.so"));
    assertThat(runtime(search(null, Map.of("ASCEND_TOOLKIT_HOME", ""))))
        .isEqualTo(
            path("usr/local/Ascend/ascend-toolkit/latest/x86_64-linux/lib64/libascendcl.so"));
  }

  private static String runtime(LibrarySearch.Result result) {
    return result.libraries().orElseThrow().runtime().name();
  }

  @Test
  void theSystemIsAskedLast() {
    ofTheSystem.addAll(ESSENTIAL);
    LibrarySearch.Result result = search(null, Map.of());
    assertThat(result.reasons()).isEmpty();
    assertThat(result.libraries().orElseThrow().name())
        .isEqualTo("libascendcl.so, libnnopbase.so, libopapi.so");
  }

  @Test
  void stubsForLinkersAreNotAmongTheCandidates() {
    toolkit("home/devlib");
    toolkit("home/x86_64-linux/devlib");
    toolkit("home/lib64/stub");
    LibrarySearch.Result result = search(path("home"), Map.of());
    assertThat(result.libraries()).isEmpty();
    assertThat(result.isThere()).isFalse();
    assertThat(tried).containsExactly("libascendcl.so");
  }

  @Test
  void nothingOfCannIsNoFault() {
    LibrarySearch.Result result = search(null, Map.of());
    assertThat(result.isThere()).isFalse();
    assertThat(result.reasons()).containsExactly("libascendcl.so is nowhere to be found");
  }

  @Test
  void aLibraryThatDoesNotOpenHasTheSystemsReason() {
    toolkit("broken/lib64");
    LibrarySearch.Result result = search(path("broken"), Map.of());
    assertThat(result.isThere()).isTrue();
    assertThat(result.libraries()).isEmpty();
    assertThat(result.reasons()).containsExactly("libc_sec.so" + MISSING);
  }

  @Test
  void everyPartIsNeeded() {
    file("home/lib64/libascendcl.so");
    file("home/lib64/libopapi.so");
    LibrarySearch.Result noTensors = search(path("home"), Map.of());
    assertThat(noTensors.isThere()).isTrue();
    assertThat(noTensors.libraries()).isEmpty();
    assertThat(noTensors.reasons()).containsExactly("libnnopbase.so is nowhere to be found");
    file("other/lib64/libascendcl.so");
    file("other/lib64/libnnopbase.so");
    LibrarySearch.Result noOperators = search(path("other"), Map.of());
    assertThat(noOperators.libraries()).isEmpty();
    assertThat(noOperators.reasons())
        .containsExactly("libopapi.so, or another library of operators, is nowhere to be found");
  }

  /** A toolkit has operators in one library or in several; a user's own ones come first. */
  @Test
  void operatorsComeFromAllLibraries() {
    toolkit("home/lib64");
    file("home/lib64/libopapi_nn.so");
    file("home/lib64/libopapi_math.so");
    file("custom/op_api/lib/libcust_opapi.so");
    LibrarySearch.Result result =
        search(path("home"), Map.of("ASCEND_CUSTOM_OPP_PATH", path("none") + ":" + path("custom")));
    AscendLibraries libraries = result.libraries().orElseThrow();
    assertThat(libraries.operators())
        .extracting(Symbols::name)
        .containsExactly(
            path("custom/op_api/lib/libcust_opapi.so"),
            path("home/lib64/libopapi_math.so"),
            path("home/lib64/libopapi_nn.so"),
            path("home/lib64/libopapi.so"));
    assertThat(libraries.find("libopapi_nn.so"))
        .contains(MemorySegment.ofAddress(path("home/lib64/libopapi_nn.so").hashCode()));
    assertThat(libraries.find("libascendcl.so")).isPresent();
    assertThat(libraries.find("aclnnFly")).isEmpty();
  }

  /** An older toolkit that was chosen gets nothing of a newer one that is there as well. */
  @Test
  void noTwoToolkitsAreMixed() {
    toolkit("old/lib64");
    toolkit("usr/local/Ascend/cann/lib64");
    file("usr/local/Ascend/cann/lib64/libopapi_math.so");
    ofTheSystem.add("libopapi_nn.so");
    assertThat(search(path("old"), Map.of()).libraries().orElseThrow().name())
        .isEqualTo(
            String.join(", ", ESSENTIAL.stream().map(name -> path("old/lib64/" + name)).toList()));
    assertThat(search(null, Map.of()).libraries().orElseThrow().operators())
        .extracting(Symbols::name)
        .containsExactly(
            path("usr/local/Ascend/cann/lib64/libopapi_math.so"),
            path("usr/local/Ascend/cann/lib64/libopapi.so"));
  }

  /** One library of operators that does not open is told, and no hindrance. */
  @Test
  void anOperatorLibraryThatDoesNotOpenIsTold() {
    toolkit("home/lib64");
    file("broken/op_api/lib/libcust_opapi.so");
    LibrarySearch.Result result =
        search(path("home"), Map.of("ASCEND_CUSTOM_OPP_PATH", path("broken")));
    assertThat(result.libraries().orElseThrow().operators()).hasSize(1);
    assertThat(result.reasons()).containsExactly("libc_sec.so" + MISSING);
  }
}
