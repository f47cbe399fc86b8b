package dev.vl4j.device.library;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.vl4j.kernels.BackendException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The system's own loader. */
@EnabledOnOs(OS.LINUX)
class NativeLibraryTest {
  @TempDir private Path folder;

  @Test
  void findsFunctions() {
    NativeLibrary mathematics = NativeLibrary.open("libm.so.6");
    assertThat(mathematics.name()).isEqualTo("libm.so.6");
    assertThat(mathematics.find("cbrt")).isPresent();
    assertThat(mathematics.find("cuInit")).isEmpty();
  }

  @Test
  void opensForLibrariesThatComeLater() {
    NativeLibrary mathematics = NativeLibrary.openGlobally("libm.so.6");
    assertThat(mathematics.find("cbrt")).isPresent();
  }

  /** How a search tells a library that is not there from one that does not open. */
  @Test
  void reasonsBeginWithTheFileAtFault() throws Exception {
    String absent = "libvl4j-that-nobody-has.so.1";
    assertThatExceptionOfType(BackendException.class)
        .isThrownBy(() -> NativeLibrary.open(absent))
        .withMessageStartingWith(absent + ":");
    Path damaged = Files.writeString(folder.resolve("libcuda.so.1"), "not a library");
    assertThatExceptionOfType(BackendException.class)
        .isThrownBy(() -> NativeLibrary.open(damaged.toString()))
        .withMessageStartingWith(damaged + ":");
  }
}
