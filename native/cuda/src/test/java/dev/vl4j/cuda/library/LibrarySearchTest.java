package dev.vl4j.cuda.library;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.device.library.FoundLibrary;
import dev.vl4j.device.library.Symbols;
import dev.vl4j.kernels.BackendException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LibrarySearchTest {
  private static final int CUDA_13 = 13000;
  private static final int CUDA_12 = 12040;
  private static final String MISSING =
      ": cannot open shared object file: No such file or directory";

  @TempDir private Path root;

  private final List<String> tried = new ArrayList<>();

  /** A library that is nothing but its name. */
  private record Named(String name) implements Symbols {
    @Override
    public Optional<MemorySegment> find(String symbol) {
      return Optional.empty();
    }
  }

  private LibrarySearch search(
      @Nullable String folders, Map<String, String> environment, Function<String, Symbols> system) {
    return new LibrarySearch(
        folders,
        environment,
        root,
        name -> {
          tried.add(name);
          return name.contains("/") ? new Named(name) : system.apply(name);
        });
  }

  /** A system whose loader finds no library by its soname. */
  private static Symbols nothing(String soname) {
    throw new BackendException(soname + MISSING);
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

  private static String found(FoundLibrary result) {
    return result.library().map(Symbols::name).orElse("none: " + result.reasons());
  }

  @Test
  void foldersOfThePropertyComeFirst() {
    String named = file("mine/libcublasLt.so.12");
    file("home/lib64/libcublasLt.so.13");
    LibrarySearch search =
        search(
            root.resolve("empty") + ":" + root.resolve("mine"),
            Map.of("CUDA_HOME", root.resolve("home").toString()),
            Named::new);
    assertThat(found(search.cublasLt(CUDA_13))).isEqualTo(named);
  }

  @Test
  void thenTheToolkitOfTheEnvironmentThenTheSystemThenTheUsualPlaceThenWheels() {
    String home = file("home/lib64/libnvrtc.so.13");
    String path = file("path/targets/x86_64-linux/lib/libnvrtc.so.13");
    String usual = file("usr/local/cuda/lib64/libnvrtc.so.13");
    String other = file("usr/local/cuda-13.1/lib64/libnvrtc.so.13");
    String wheel = file("venv/lib/python3.12/site-packages/nvidia/cu13/lib/libnvrtc.so.13");
    file("venv/bin/python3");
    Map<String, String> all =
        Map.of(
            "CUDA_HOME", root.resolve("home").toString(),
            "CUDA_PATH", root.resolve("path").toString(),
            "PATH", "/usr/bin:" + root.resolve("venv/bin"));
    List<String> order = new ArrayList<>();
    LibrarySearch search =
        new LibrarySearch(
            null,
            all,
            root,
            name -> {
              order.add(name);
              throw new BackendException(name + ": not this one");
            });
    assertThat(found(search.nvrtc(CUDA_13))).startsWith("none");
    order.removeIf(name -> !name.startsWith(root.toString()) && name.contains("/"));
    assertThat(order)
        .containsExactly(home, path, "libnvrtc.so.13", "libnvrtc.so.12", usual, other, wheel);
  }

  @Test
  void wheelsOfAnActiveEnvironment() {
    String wheel = file("venv/lib/python3.11/site-packages/nvidia/cublas/lib/libcublasLt.so.12");
    LibrarySearch search =
        search(
            null,
            Map.of("VIRTUAL_ENV", root.resolve("venv").toString()),
            LibrarySearchTest::nothing);
    assertThat(found(search.cublasLt(CUDA_13))).isEqualTo(wheel);
  }

  /** A driver runs libraries of its own major version and of earlier ones. */
  @Test
  void noLibraryIsNewerThanTheDriver() {
    file("mine/libcublasLt.so.13");
    String older = file("mine/libcublasLt.so.12");
    LibrarySearch search =
        search(root.resolve("mine").toString(), Map.of(), LibrarySearchTest::nothing);
    assertThat(found(search.cublasLt(CUDA_12))).isEqualTo(older);
    assertThat(tried).containsExactly(older);
  }

  /** A driver of a CUDA to come runs what this binding knows. */
  @Test
  void aNewerDriverRunsTheNewestKnown() {
    LibrarySearch search = search(null, Map.of(), Named::new);
    assertThat(found(search.cublasLt(15020))).isEqualTo("libcublasLt.so.13");
  }

  @Test
  void nvrtcFindsItsBuiltins() {
    String builtins = file("mine/libnvrtc-builtins.so.13.0");
    String nvrtc = file("mine/libnvrtc.so.13");
    LibrarySearch search =
        search(root.resolve("mine").toString(), Map.of(), LibrarySearchTest::nothing);
    assertThat(found(search.nvrtc(CUDA_13))).isEqualTo(nvrtc);
    assertThat(tried).containsExactly(builtins, nvrtc);
  }

  @Test
  void nothingIsThere() {
    FoundLibrary result = search(null, Map.of("PATH", ""), LibrarySearchTest::nothing).driver();
    assertThat(result.library()).isEmpty();
    assertThat(result.isThere()).isFalse();
    assertThat(result.reasons()).containsExactly("libcuda.so.1 is nowhere to be found");
  }

  /** Whatever the language that the system speaks. */
  @Test
  void aLibraryThatLacksAnotherIsThere() {
    FoundLibrary result =
        search(
                null,
                Map.of(),
                soname -> {
                  throw new BackendException(
                      soname + " does not open: libnvidia-ptxjitcompiler.so.1" + MISSING);
                })
            .driver();
    assertThat(result.library()).isEmpty();
    assertThat(result.isThere()).isTrue();
    assertThat(result.reasons())
        .containsExactly("libcuda.so.1 does not open: libnvidia-ptxjitcompiler.so.1" + MISSING);
  }

  /** The next candidate may open; why the first did not is kept. */
  @Test
  void aDamagedFileDoesNotEndTheSearch() {
    String damaged = file("mine/libcublasLt.so.13");
    LibrarySearch search =
        new LibrarySearch(
            root.resolve("mine").toString(),
            Map.of(),
            root,
            name -> {
              if (name.equals(damaged)) {
                throw new BackendException(name + ": file too short");
              }
              return new Named(name);
            });
    FoundLibrary result = search.cublasLt(CUDA_13);
    assertThat(found(result)).isEqualTo("libcublasLt.so.13");
    assertThat(result.reasons()).containsExactly(damaged + ": file too short");
  }
}
