package dev.vl4j.cuda.kernel;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Machine code that the jar brings along, so that a device needs no NVRTC: a build with the profile
 * {@code compiled-kernels} has nvcc make it. Its names contain the hash of what it was made from,
 * so what an earlier build left behind is not taken for its own.
 */
final class CompiledKernels {
  /** A system property: {@code false} for kernels that are compiled here instead. */
  static final String PROPERTY = "vl4j.cuda.compiled";

  private static final int KIB = 1024;

  /** One for each kind of machine code; later minor versions run it as well. */
  private static final List<Target> TARGETS =
      List.of(
          new Target(8, 0, 163 * KIB),
          new Target(8, 6, 99 * KIB),
          new Target(8, 9, 99 * KIB),
          new Target(9, 0, 227 * KIB),
          new Target(10, 0, 227 * KIB),
          new Target(12, 0, 99 * KIB));

  private final Function<String, @Nullable URL> resources;

  /**
   * @param resources of this package, by name
   */
  CompiledKernels(Function<String, @Nullable URL> resources) {
    this.resources = resources;
  }

  /** Those of the jar, unless the property denies them. */
  static CompiledKernels ofJar() {
    return Boolean.parseBoolean(System.getProperty(PROPERTY, "true"))
        ? new CompiledKernels(CompiledKernels.class::getResource)
        : new CompiledKernels(name -> null);
  }

  /** Whether there is machine code that runs on a target. */
  boolean has(Target target) {
    return place(target) != null;
  }

  /** Machine code that runs on a target, or null if the jar has none. */
  byte @Nullable [] find(Target target) {
    URL place = place(target);
    if (place == null) {
      return null;
    }
    try (InputStream in = place.openStream()) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The nearest of the same major version that is not above the target. */
  private @Nullable URL place(Target target) {
    for (int minor = target.minor(); minor >= 0; minor--) {
      URL place = resources.apply(name(target, minor));
      if (place != null) {
        return place;
      }
    }
    return null;
  }

  private static String name(Target target, int minor) {
    try {
      MessageDigest hash = MessageDigest.getInstance("SHA-256");
      hash.update(String.join(" ", KernelSource.options(target)).getBytes(StandardCharsets.UTF_8));
      hash.update(KernelSource.program(target).getBytes(StandardCharsets.UTF_8));
      return "compiled/%s-%s.cubin"
          .formatted(target.architecture(minor), HexFormat.of().formatHex(hash.digest(), 0, 8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every JDK has it
    }
  }

  /**
   * Compiles for all kinds of machine code: part of the build.
   *
   * @param arguments nvcc, and the directory that resources of this package go to
   */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    Path directory = Path.of(arguments[1]);
    for (Target target : TARGETS) {
      Path cubin = directory.resolve(name(target, target.minor()));
      if (!Files.exists(cubin)) {
        compile(arguments[0], target, cubin);
      }
    }
  }

  private static void compile(String nvcc, Target target, Path cubin)
      throws IOException, InterruptedException {
    Files.createDirectories(cubin.getParent());
    Path source = Files.createTempFile("kernels", ".cu");
    Path partial = Files.createTempFile(cubin.getParent(), "kernels", ".partial");
    try {
      Files.writeString(source, KernelSource.program(target));
      List<String> command = new ArrayList<>(List.of(nvcc));
      command.addAll(KernelSource.options(target));
      command.addAll(
          List.of(
              "-cubin",
              "-arch=" + target.architecture(target.minor()),
              "-o",
              partial.toString(),
              source.toString()));
      int status = new ProcessBuilder(command).inheritIO().start().waitFor();
      if (status != 0) {
        throw new IOException("%s ended with status %d".formatted(command, status));
      }
      Files.move(partial, cubin, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(partial);
      Files.deleteIfExists(source);
    }
  }
}
