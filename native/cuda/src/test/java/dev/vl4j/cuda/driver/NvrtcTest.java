package dev.vl4j.cuda.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.vl4j.cuda.kernel.KernelCache;
import dev.vl4j.cuda.kernel.KernelCompiler;
import dev.vl4j.cuda.kernel.Needs;
import dev.vl4j.cuda.kernel.Target;
import dev.vl4j.cuda.library.LibrarySearch;
import dev.vl4j.device.library.FoundLibrary;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * NVRTC itself, which needs no GPU. Is skipped, with a message, where it is not found: {@code
 * -Dvl4j.cuda.lib} names its folder, such as that of the wheel {@code nvidia-cuda-nvrtc}.
 */
class NvrtcTest {
  private static final int NEWEST = 13000;

  private static Nvrtc nvrtc;

  @TempDir private Path folder;

  @BeforeAll
  static void find() {
    FoundLibrary found = new LibrarySearch().nvrtc(NEWEST);
    Needs.require(found.library().isPresent(), "NVRTC is not tested: " + found.reasons());
    nvrtc = new Nvrtc(found.library().orElseThrow());
  }

  @Test
  void compilesAllKernels() {
    KernelCompiler compiler = new KernelCompiler(nvrtc, new KernelCache(folder));
    for (Target target : List.of(new Target(8, 9, 99 * 1024), new Target(9, 0, 227 * 1024))) {
      if (compiler.knows(target)) {
        byte[] cubin = compiler.compile(target);
        assertThat(cubin).startsWith(0x7f, 'E', 'L', 'F').hasSizeGreaterThan(100_000);
        // The second time, it is read.
        assertThat(compiler.compile(target)).isEqualTo(cubin);
      }
    }
  }

  @Test
  void errorsAreTheCompilers() {
    int architecture = nvrtc.architectures()[0];
    assertThatExceptionOfType(CudaException.class)
        .isThrownBy(() -> nvrtc.compile("wrong.cu", "int x = y;", "sm_" + architecture, List.of()))
        .withMessageStartingWith(
            "nvrtcCompileProgram of wrong.cu for sm_%d: NVRTC_ERROR_COMPILATION (6)"
                .formatted(architecture))
        .withMessageContaining("identifier \"y\" is undefined");
  }
}
