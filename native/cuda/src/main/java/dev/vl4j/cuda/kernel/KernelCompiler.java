package dev.vl4j.cuda.kernel;

import dev.vl4j.cuda.driver.Nvrtc;
import dev.vl4j.kernels.BackendException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Compiles the kernels for a device, or finds them compiled: in the jar, or in the cache. */
public final class KernelCompiler {
  /** Goes into the cache's keys: to be raised when what is kept changes in another way. */
  private static final int VERSION = 1;

  private static final int HOPPER = 90;

  private final @Nullable Nvrtc nvrtc;
  private final KernelCache cache;
  private final CompiledKernels built = CompiledKernels.ofJar();

  /**
   * @param nvrtc null if there is none
   */
  public KernelCompiler(@Nullable Nvrtc nvrtc, KernelCache cache) {
    this.nvrtc = nvrtc;
    this.cache = cache;
  }

  /**
   * Machine code (a cubin) of all kernels for a target.
   *
   * @throws BackendException if there is no compiler, or if it does not know the target or refuses
   *     the sources
   */
  public byte[] compile(Target target) {
    byte[] found = built.find(target);
    if (found != null) {
      return found;
    }
    if (nvrtc == null) {
      throw new BackendException(
          "cuda: no kernels for compute capability %d.%d came along, and no NVRTC to compile them"
              .formatted(target.major(), target.minor()));
    }
    String architecture = architecture(target, nvrtc.architectures(), nvrtc.version());
    List<String> options = KernelSource.options(target);
    String program = KernelSource.program(target);
    String key =
        String.join(
            "\n",
            "kernels " + VERSION,
            "NVRTC " + nvrtc.version(),
            architecture,
            String.join(" ", options),
            program);
    return cache.get(key, () -> nvrtc.compile("kernels.cu", program, architecture, options));
  }

  /** Whether {@link #compile} will have machine code for a target. */
  public boolean knows(Target target) {
    return built.has(target)
        || (nvrtc != null && nearest(target.capability(), nvrtc.architectures()) >= 0);
  }

  /** The nearest capability of the same major version that is not above; -1 if there is none. */
  private static int nearest(int capability, int[] known) {
    int nearest =
        Arrays.stream(known)
            .filter(number -> number / 10 == capability / 10 && number <= capability)
            .max()
            .orElse(-1);
    // The instructions of 9.0a, which the sources for Hopper need, are those of 9.0 alone.
    return capability == HOPPER && nearest != HOPPER ? -1 : nearest;
  }

  /**
   * The architecture to compile for: the target's own, or the nearest before it of the same major
   * version, whose machine code runs on it.
   *
   * @param known compute capabilities that the compiler knows, 90 for 9.0
   */
  static String architecture(Target target, int[] known, String version) {
    int nearest = nearest(target.capability(), known);
    if (nearest < 0) {
      throw new BackendException(
          "cuda: NVRTC %s does not compile for compute capability %d.%d; it knows %s"
              .formatted(
                  version,
                  target.major(),
                  target.minor(),
                  Arrays.stream(known)
                      .mapToObj(number -> number / 10 + "." + number % 10)
                      .collect(Collectors.joining(", "))));
    }
    return target.architecture(nearest % 10);
  }
}
