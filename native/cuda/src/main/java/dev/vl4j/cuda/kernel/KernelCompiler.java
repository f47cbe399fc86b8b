package dev.vl4j.cuda.kernel;

import dev.vl4j.cuda.driver.Nvrtc;
import dev.vl4j.kernels.BackendException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** Compiles the kernels for a device, or finds them compiled. */
public final class KernelCompiler {
  /** Goes into the cache's keys: to be raised when what is kept changes in another way. */
  private static final int VERSION = 1;

  private static final int HOPPER = 90;

  private final Nvrtc nvrtc;
  private final KernelCache cache;

  public KernelCompiler(Nvrtc nvrtc, KernelCache cache) {
    this.nvrtc = nvrtc;
    this.cache = cache;
  }

  /**
   * Machine code (a cubin) of all kernels for a target.
   *
   * @throws BackendException if the compiler does not know the target or refuses the sources
   */
  public byte[] compile(Target target) {
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

  /**
   * Whether a compiler makes machine code for a device.
   *
   * @param capability 90 for compute capability 9.0
   */
  public static boolean knows(Nvrtc nvrtc, int capability) {
    return nearest(capability, nvrtc.architectures()) >= 0;
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
    int nearest = nearest(10 * target.major() + target.minor(), known);
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
