package dev.vl4j.ascend.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.vl4j.device.library.NativeLibrary;
import dev.vl4j.kernels.BackendSettings;
import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * The machine with NPUs that is written in C ({@code src/test/native}), compiled by {@code cc}
 * against {@code ascend_abi.h}. After each test, and after its backends are closed, what it has
 * found fails the test. Tests are skipped, with a message, where there is no {@code cc}.
 *
 * <p>A process has one such machine, so that one class of tests uses it at a time: see {@link
 * #LOCK}.
 */
@SuppressWarnings("restricted") // calling native code is what it is for
final class CompiledCann implements BeforeAllCallback, AfterEachCallback {
  /** What a class of tests that uses it locks. */
  static final String LOCK = "compiled-cann";

  private static final long MEMORY = 64L << 20;
  private static final Path SOURCES = Path.of("src/test/native");
  private static final Path INCLUDE = Path.of("../ascend-cann-bindings/src/main/native/include");
  private static final Path LIBRARY = Path.of("target/compiled-cann/libfake_cann.so");

  private final List<NativeLibrary> opened = new ArrayList<>();

  @Override
  public void beforeAll(ExtensionContext context) throws IOException, InterruptedException {
    Files.createDirectories(LIBRARY.getParent());
    // Another process may have the same library open.
    Path built = Files.createTempFile(LIBRARY.getParent(), "built", ".so");
    compile(built);
    Files.move(built, LIBRARY, StandardCopyOption.REPLACE_EXISTING);
    opened.add(NativeLibrary.open(LIBRARY.toAbsolutePath().toString()));
  }

  private static void compile(Path library) throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of("cc", "-std=c11", "-O3", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"));
    command.addAll(List.of("-pthread", "-I" + INCLUDE, "-o", library.toString()));
    try (Stream<Path> files = Files.list(SOURCES)) {
      files.map(Path::toString).filter(name -> name.endsWith(".c")).sorted().forEach(command::add);
    }
    command.add("-lm");
    Process compiler;
    try {
      compiler = new ProcessBuilder(command).redirectErrorStream(true).start();
    } catch (IOException e) {
      String reason = "no C compiler (cc): the NPUs in C are not compiled";
      System.out.println("SKIPPED: " + reason);
      assumeTrue(false, reason);
      return;
    }
    String messages = new String(compiler.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(compiler.waitFor()).as(messages).isZero();
  }

  NativeLibrary library() {
    return opened.getFirst();
  }

  /** A backend on its first NPU. */
  AscendBackend open() {
    return AscendBackend.open(library(), new BackendSettings(0, 1, MEMORY));
  }

  private String text(String function) {
    try {
      var text =
          (MemorySegment)
              Linker.nativeLinker()
                  .downcallHandle(
                      library().find(function).orElseThrow(),
                      FunctionDescriptor.of(ValueLayout.ADDRESS))
                  .invokeExact();
      return text.reinterpret(Long.MAX_VALUE).getString(0);
    } catch (Throwable impossible) {
      throw new AssertionError(impossible);
    }
  }

  /** What an NPU would have computed nonsense from, a line each, since the last call. */
  String takeViolations() {
    return text("fake_take_violations");
  }

  @Override
  public void afterEach(ExtensionContext context) {
    assertThat(takeViolations()).as("violations").isEmpty();
    assertThat(text("fake_leaks")).as("leaks").isEmpty();
  }
}
