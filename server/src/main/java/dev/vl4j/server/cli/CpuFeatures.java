package dev.vl4j.server.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The processor, as Linux describes it.
 *
 * @param model the processor's name
 * @param features what it can do, of what matters to matrix arithmetic
 */
record CpuFeatures(String model, List<String> features) {
  private static final Path CPUINFO = Path.of("/proc/cpuinfo");

  private static final Set<String> RELEVANT =
      Set.of(
          "avx",
          "avx2",
          "fma",
          "f16c",
          "avx512f",
          "avx512bw",
          "avx512vl",
          "avx512_vnni",
          "avx512_bf16",
          "avx512_fp16",
          "avx_vnni",
          "amx_tile",
          "amx_bf16",
          "amx_int8",
          "amx_fp16",
          "asimd",
          "asimdhp",
          "asimddp",
          "bf16",
          "i8mm",
          "sve",
          "sve2",
          "svebf16",
          "sme");

  CpuFeatures {
    features = List.copyOf(features);
  }

  /** This machine's processor; unknown where the system does not tell. */
  static CpuFeatures detect() {
    try {
      return parse(Files.readAllLines(CPUINFO));
    } catch (IOException e) {
      return new CpuFeatures("unknown", List.of());
    }
  }

  /** Reads the first processor of {@code /proc/cpuinfo}: x86 says "flags", ARM says "Features". */
  static CpuFeatures parse(List<String> cpuinfo) {
    String model = value(cpuinfo, Set.of("model name", "CPU part")).findFirst().orElse("unknown");
    List<String> features =
        value(cpuinfo, Set.of("flags", "Features"))
            .findFirst()
            .map(line -> Arrays.stream(line.split(" ", -1)).filter(RELEVANT::contains).toList())
            .orElse(List.of());
    return new CpuFeatures(model, features);
  }

  private static Stream<String> value(List<String> cpuinfo, Set<String> keys) {
    return cpuinfo.stream()
        .filter(line -> line.indexOf(':') > 0)
        .filter(line -> keys.contains(line.substring(0, line.indexOf(':')).strip()))
        .map(line -> line.substring(line.indexOf(':') + 1).strip());
  }

  /** The features for people. */
  String describe() {
    return features.isEmpty() ? "unknown" : String.join(" ", features);
  }
}
