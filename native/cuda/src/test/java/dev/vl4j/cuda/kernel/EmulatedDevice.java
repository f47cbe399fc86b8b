package dev.vl4j.cuda.kernel;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * The very CUDA sources of a target, compiled by g++ for this processor. Its memory is this
 * process's.
 */
final class EmulatedDevice implements KernelDevice {
  private static final List<String> HEADERS =
      List.of("threads.h", "instructions.h", "wgmma.h", "kernels.h");
  private static final Pattern KERNEL =
      Pattern.compile(
          "extern \"C\" __global__ void\\s+(?:__launch_bounds__\\([^)]*\\)\\s+)?(\\w+)\\(");

  private final MethodHandle emulate;
  private final Arena arena = Arena.ofAuto();
  private final int seed;

  /**
   * @param library from {@link #compile}
   * @param seed of the order in which threads run
   */
  @SuppressWarnings("restricted") // calling compiled sources is what it is for
  EmulatedDevice(Path library, int seed) {
    this.seed = seed;
    emulate =
        Linker.nativeLinker()
            .downcallHandle(
                SymbolLookup.libraryLookup(library, arena).findOrThrow("emulate"),
                FunctionDescriptor.of(
                    ADDRESS, ADDRESS, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS));
  }

  /** Whether there is a g++ to compile with. */
  static boolean compilerExists() {
    try {
      Process process = new ProcessBuilder("g++", "--version").start();
      process.getInputStream().readAllBytes();
      return process.waitFor() == 0;
    } catch (IOException e) {
      return false; // that is how a missing program is told
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Compiles the sources of a target.
   *
   * @param folder for the library, which is returned, and what it is made of
   */
  static Path compile(Target target, Path folder) {
    try {
      Path headers = Files.createDirectories(folder.resolve(target.architecture(target.minor())));
      for (String header : HEADERS) {
        try (InputStream in =
            EmulatedDevice.class.getResourceAsStream("/dev/vl4j/cuda/emulation/" + header)) {
          Files.write(headers.resolve(header), in.readAllBytes());
        }
      }
      Path source = headers.resolve("kernels.cpp");
      Files.writeString(source, program(target));
      Path library = headers.resolve("kernels.so");
      List<String> command =
          new ArrayList<>(
              List.of(
                  "g++",
                  "-std=c++17",
                  "-O2",
                  "-march=native",
                  "-ffp-contract=off",
                  "-fPIC",
                  "-shared",
                  "-Wall",
                  "-Wextra",
                  "-Werror",
                  "-Wno-unknown-pragmas",
                  "-DTILE_KEYS=" + target.tileKeys(),
                  "-o",
                  library.toString(),
                  source.toString()));
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      String log = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (!process.waitFor(5, TimeUnit.MINUTES) || process.exitValue() != 0) {
        throw new AssertionError("g++ does not compile the sources:\n" + log);
      }
      return library;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The target's files, with headers in the place of those that have inline assembly. */
  private static String program(Target target) {
    StringBuilder program = new StringBuilder();
    StringBuilder kernels = new StringBuilder("\n#define KERNELS");
    for (String file : KernelSource.files(target)) {
      switch (file) {
        case KernelSource.INSTRUCTIONS -> program.append("#include \"instructions.h\"\n");
        case KernelSource.HOPPER_INSTRUCTIONS -> program.append("#include \"wgmma.h\"\n");
        default -> {
          String text = KernelSource.read(file);
          program.append("#line 1 \"").append(file).append("\"\n").append(text);
          KERNEL
              .matcher(text)
              .results()
              .forEach(found -> kernels.append(" KERNEL(").append(found.group(1)).append(')'));
        }
      }
    }
    return program.append(kernels).append("\n#include \"kernels.h\"\n").toString();
  }

  @Override
  public long allocate(MemorySegment contents) {
    MemorySegment block = arena.allocate(contents.byteSize(), 256);
    block.copyFrom(contents);
    return block.address();
  }

  @Override
  @SuppressWarnings("restricted") // kernels are given addresses
  public byte[] read(long address, long bytes) {
    return MemorySegment.ofAddress(address).reinterpret(bytes).toArray(JAVA_BYTE);
  }

  @Override
  @SuppressWarnings("restricted") // the error is text of C
  public void launch(String kernel, int blocks, int threads, int sharedBytes, Arguments arguments) {
    MemorySegment error;
    try (Arena call = Arena.ofConfined()) {
      error =
          (MemorySegment)
              emulate.invokeExact(
                  call.allocateFrom(kernel),
                  blocks,
                  threads,
                  sharedBytes,
                  seed,
                  arguments.pointers());
    } catch (Throwable impossible) {
      throw new AssertionError(impossible);
    }
    if (error.address() != 0) {
      throw new AssertionError(kernel + ": " + error.reinterpret(Long.MAX_VALUE).getString(0));
    }
  }
}
