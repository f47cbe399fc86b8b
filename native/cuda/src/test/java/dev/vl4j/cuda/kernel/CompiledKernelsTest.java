package dev.vl4j.cuda.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What a build makes is what the jar's user finds. Instead of nvcc, a script is called. */
@DisabledOnOs(OS.WINDOWS)
class CompiledKernelsTest {
  @TempDir private Path folder;

  private final CompiledKernels kernels = new CompiledKernels(this::resource);

  private URL resource(String name) {
    Path file = folder.resolve(name);
    try {
      return Files.exists(file) ? file.toUri().toURL() : null;
    } catch (MalformedURLException e) {
      throw new AssertionError(e);
    }
  }

  /** A compiler whose machine code is what it was called with. */
  private String compiler(String script) throws IOException {
    Path file = Files.writeString(folder.resolve("nvcc"), "#!/bin/sh\n" + script);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
    return file.toString();
  }

  private void build(String nvcc) throws IOException, InterruptedException {
    CompiledKernels.main(new String[] {nvcc, folder.toString()});
  }

  @Test
  void eachTargetFindsItsOwn() throws IOException, InterruptedException {
    Target hopper = new Target(9, 0, 227 * 1024);
    assertThat(kernels.has(hopper)).isFalse();
    assertThat(kernels.find(hopper)).isNull();
    build(
        compiler(
            """
            all="$*"
            while [ "$1" != -o ]; do shift; done
            echo "$all" > "$2"
            """));
    assertThat(found(hopper)).contains("-arch=sm_90a", "--fmad=false", "-DTILE_KEYS=64");
    assertThat(found(new Target(8, 0, 163 * 1024))).contains("-arch=sm_80 ", "-DTILE_KEYS=64");
    assertThat(found(new Target(8, 9, 99 * 1024))).contains("-arch=sm_89 ", "-DTILE_KEYS=32");
    // Machine code runs on later minor versions, and not on other major ones.
    assertThat(found(new Target(8, 7, 163 * 1024))).contains("-arch=sm_80 ");
    assertThat(found(new Target(12, 1, 99 * 1024))).contains("-arch=sm_120 ");
    assertThat(kernels.has(new Target(7, 5, 64 * 1024))).isFalse();
    assertThat(kernels.has(new Target(11, 0, 227 * 1024))).isFalse();
    // What is there is not compiled again.
    build(compiler("exit 1\n"));
  }

  private String found(Target target) {
    assertThat(kernels.has(target)).isTrue();
    return new String(kernels.find(target), StandardCharsets.UTF_8);
  }

  @Test
  void aCompilerThatFailsFailsTheBuild() throws IOException {
    String nvcc = compiler("exit 3\n");
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> build(nvcc))
        .withMessageContaining("ended with status 3");
    try (var left = Files.list(folder.resolve("compiled"))) {
      assertThat(left).isEmpty();
    }
  }
}
