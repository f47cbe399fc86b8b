package dev.vl4j.cuda.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.vl4j.cuda.driver.Nvrtc;
import dev.vl4j.cuda.fake.FakeCuda;
import dev.vl4j.kernels.BackendException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KernelCompilerTest {
  private static final Target AMPERE = new Target(8, 0, 163 * 1024);
  private static final Target ADA = new Target(8, 9, 99 * 1024);
  private static final Target HOPPER = new Target(9, 0, 227 * 1024);
  private static final int[] KNOWN = {75, 80, 86, 90, 100, 120};

  @TempDir private Path folder;

  @Test
  void compilesEachTargetOnce() {
    try (FakeCuda fake = FakeCuda.builder().build()) {
      Nvrtc nvrtc = new Nvrtc(fake.libraries().nvrtc());
      for (int run = 0; run < 2; run++) {
        KernelCompiler compiler = new KernelCompiler(nvrtc, new KernelCache(folder));
        assertThat(compile(compiler, HOPPER))
            .contains("sm_90a", "hopperAttention128", "attentionPlain", "rmsNorm")
            .doesNotContain("attention128(");
        assertThat(compile(compiler, ADA))
            .contains("sm_89", "attention128", "attentionPlain", "rmsNorm")
            .doesNotContain("hopper");
      }
      assertThat(fake.calls("nvrtcCompileProgram")).isEqualTo(2);
    }
  }

  private static String compile(KernelCompiler compiler, Target target) {
    return new String(compiler.compile(target), StandardCharsets.UTF_8);
  }

  @Test
  void tilesFollowSharedMemory() {
    assertThat(AMPERE.tileKeys()).isEqualTo(64);
    assertThat(ADA.tileKeys()).isEqualTo(32);
    for (Target target : new Target[] {AMPERE, ADA, HOPPER}) {
      for (int headSize : new int[] {64, 72, 128}) {
        AttentionKind kind = target.hopper() ? AttentionKind.HOPPER : AttentionKind.TENSOR_CORE;
        assertThat(kind.sharedBytes(headSize, target.tileKeys()))
            .isLessThanOrEqualTo(target.sharedBytes());
      }
    }
  }

  @Test
  void architectureIsTheNearestWhoseCodeRuns() {
    assertThat(architecture(8, 0)).isEqualTo("sm_80");
    assertThat(architecture(8, 9)).isEqualTo("sm_86");
    assertThat(architecture(9, 0)).isEqualTo("sm_90a");
    assertThat(architecture(12, 1)).isEqualTo("sm_120");
    assertThatExceptionOfType(BackendException.class)
        .isThrownBy(() -> architecture(13, 0))
        .withMessage(
            "cuda: NVRTC 12.9 does not compile for compute capability 13.0;"
                + " it knows 7.5, 8.0, 8.6, 9.0, 10.0, 12.0");
    assertThatExceptionOfType(BackendException.class)
        .isThrownBy(() -> KernelCompiler.architecture(HOPPER, new int[] {80, 86}, "11.7"));
  }

  private static String architecture(int major, int minor) {
    return KernelCompiler.architecture(new Target(major, minor, 99 * 1024), KNOWN, "12.9");
  }
}
