package dev.vl4j.cuda.kernel;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The CUDA sources as one program for a target. */
final class KernelSource {
  /** Files with inline assembly, which an emulation replaces. */
  static final String INSTRUCTIONS = "instructions.cu";

  static final String HOPPER_INSTRUCTIONS = "wgmma.cu";

  private static final List<String> COMMON =
      List.of(
          INSTRUCTIONS,
          "rows.cu",
          "blocks.cu",
          "functions.cu",
          "norms.cu",
          "elementwise.cu",
          "e4m3.cu",
          "int8.cu",
          "heads.cu",
          "sequence.cu",
          "plain.cu");

  private KernelSource() {}

  /** Files of the program, in their order. */
  static List<String> files(Target target) {
    List<String> files = new ArrayList<>(COMMON);
    if (target.hopper()) {
      files.addAll(List.of(HOPPER_INSTRUCTIONS, "hopper.cu"));
    } else {
      files.add("attention.cu");
    }
    return files;
  }

  /** The program. The compiler's messages name the files. */
  static String program(Target target) {
    StringBuilder program = new StringBuilder();
    for (String file : files(target)) {
      program.append("#line 1 \"").append(file).append("\"\n").append(read(file));
    }
    return program.toString();
  }

  /** What the compiler needs to know besides the architecture. */
  static List<String> options(Target target) {
    // Without fmad=false the compiler fuses products and sums as it likes; see rows.cu.
    return List.of("--std=c++17", "--fmad=false", "-DTILE_KEYS=" + target.tileKeys());
  }

  static String read(String file) {
    try (InputStream in = KernelSource.class.getResourceAsStream(file)) {
      if (in == null) {
        throw new IllegalStateException("no resource " + file);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
