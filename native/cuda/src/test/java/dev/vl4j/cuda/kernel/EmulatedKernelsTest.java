package dev.vl4j.cuda.kernel;

import dev.vl4j.testkit.Seeds;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/**
 * The CUDA sources as g++ compiles them for this processor. Is skipped, with a message, where there
 * is no g++.
 */
class EmulatedKernelsTest extends KernelContract {
  private static final List<Target> TARGETS =
      List.of(
          new Target(8, 0, 163 * 1024), // tiles of 64 keys
          new Target(8, 9, 99 * 1024), // tiles of 32 keys
          new Target(9, 0, 227 * 1024));

  private static final Map<Target, Path> LIBRARIES = new HashMap<>();

  @TempDir private static Path folder;

  @BeforeAll
  static void compile() {
    Needs.require(
        EmulatedDevice.compilerExists(),
        "the CUDA sources are not compared with their twins, because there is no g++");
    for (Target target : TARGETS) {
      LIBRARIES.put(target, EmulatedDevice.compile(target, folder));
    }
  }

  @Override
  public List<Target> targets() {
    return TARGETS;
  }

  /** Threads run in an order that is drawn, or in two. */
  @Override
  List<KernelDevice> devices(Target target) {
    Path library = LIBRARIES.get(target);
    int seed = (int) SEED;
    return IntStream.range(seed, seed + (Seeds.thorough() ? 2 : 1))
        .<KernelDevice>mapToObj(order -> new EmulatedDevice(library, order))
        .toList();
  }

  /** Tensor cores and ex2.approx are defined like the twins'. */
  @Override
  double tolerance() {
    return 0;
  }
}
