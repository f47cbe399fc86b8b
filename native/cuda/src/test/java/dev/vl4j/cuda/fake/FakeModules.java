package dev.vl4j.cuda.fake;

import static dev.vl4j.cuda.driver.CudaConstants.*;
import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.vl4j.cuda.fake.Launch.Kind;
import dev.vl4j.cuda.fake.Launch.Parameter;
import dev.vl4j.device.fake.FakeFault;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The driver's functions on modules and kernels. */
@SuppressWarnings("restricted") // it is given pointers
final class FakeModules {
  private static final int SHARED_BYTES = 48 << 10;
  private static final int MOST_THREADS = 1024;
  private static final int MOST_BLOCKS = 65535;

  /** A loaded program. */
  static final class Module {
    final FakeProgram program;
    final Map<String, Long> functions = new HashMap<>();

    Module(FakeProgram program) {
      this.program = program;
    }
  }

  /** A kernel of a module. */
  static final class Kernel {
    final FakeProgram.Declaration declaration;
    final long module;
    int sharedBytes = SHARED_BYTES;

    Kernel(FakeProgram.Declaration declaration, long module) {
      this.declaration = declaration;
      this.module = module;
    }
  }

  private final FakeCuda fake;
  private final FakeDriver driver;

  FakeModules(FakeCuda fake, FakeDriver driver) {
    this.fake = fake;
    this.driver = driver;
  }

  @Symbol("cuModuleLoadData")
  int load(MemorySegment out, MemorySegment image) {
    FakeContext context = driver.context();
    // An image says itself where it ends; whatever it is, it has some bytes.
    String magic = FakeProgram.MAGIC;
    for (int i = 0; i < magic.length(); i++) {
      if (byteAt(image, i) != magic.charAt(i)) {
        return CUDA_ERROR_INVALID_IMAGE;
      }
    }
    Optional<FakeProgram> program =
        FakeProgram.read(image.reinterpret(Long.MAX_VALUE).getString(0));
    if (program.isEmpty()) {
      return CUDA_ERROR_INVALID_IMAGE;
    }
    if (!program.get().runsOn(context.device().capability())) {
      return CUDA_ERROR_NO_BINARY_FOR_GPU;
    }
    Out.put(out, fake.handles().add(new Module(program.get())));
    return CUDA_SUCCESS;
  }

  private static byte byteAt(MemorySegment memory, long index) {
    return memory.reinterpret(index + 1).get(JAVA_BYTE, index);
  }

  @Symbol("cuModuleUnload")
  int unload(long module) {
    FakeContext context = driver.context();
    context.synchronize();
    Module gone = fake.handles().remove(module, Module.class);
    gone.functions.values().forEach(function -> fake.handles().remove(function, Kernel.class));
    return CUDA_SUCCESS;
  }

  @Symbol("cuModuleGetFunction")
  int function(MemorySegment out, long module, MemorySegment name) {
    driver.context();
    Module of = fake.handles().get(module, Module.class);
    String wanted = name.reinterpret(Long.MAX_VALUE).getString(0);
    FakeProgram.Declaration declaration = of.program.declarations().get(wanted);
    if (declaration == null) {
      return CUDA_ERROR_NOT_FOUND;
    }
    Out.put(
        out,
        of.functions.computeIfAbsent(
            wanted, w -> fake.handles().add(new Kernel(declaration, module))));
    return CUDA_SUCCESS;
  }

  @Symbol("cuFuncSetAttribute")
  int setAttribute(long function, int attribute, int value) {
    FakeContext context = driver.context();
    Kernel kernel = fake.handles().get(function, Kernel.class);
    if (attribute != CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES
        || value < 0
        || value > context.device().sharedBytes()) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    kernel.sharedBytes = value;
    return CUDA_SUCCESS;
  }

  @Symbol("cuFuncGetParamInfo")
  int parameter(long function, long index, MemorySegment offset, MemorySegment size) {
    driver.context();
    List<Parameter> parameters =
        fake.handles().get(function, Kernel.class).declaration.parameters();
    if (index < 0 || index >= parameters.size()) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    long at = 0;
    for (int i = 0; i <= index; i++) {
      int bytes = parameters.get(i).kind().bytes;
      at = Math.ceilDiv(at, bytes) * bytes;
      if (i == index) {
        Out.put(offset, at);
        Out.put(size, bytes);
      }
      at += bytes;
    }
    return CUDA_SUCCESS;
  }

  @Symbol("cuLaunchKernel")
  int launch(
      long function,
      int gridX,
      int gridY,
      int gridZ,
      int blockX,
      int blockY,
      int blockZ,
      int sharedBytes,
      long stream,
      MemorySegment parameters,
      MemorySegment extra) {
    FakeStream on = driver.stream(stream);
    Kernel kernel = fake.handles().get(function, Kernel.class);
    FakeProgram.Declaration declaration = kernel.declaration;
    if (!extra.equals(MemorySegment.NULL)) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    Launch.Grid grid = new Launch.Grid(gridX, gridY, gridZ, blockX, blockY, blockZ, sharedBytes);
    if (!fits(grid, declaration.mostThreads(), kernel.sharedBytes)) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    Launch launch =
        new Launch(
            declaration.name(),
            grid,
            declaration.parameters(),
            values(declaration, parameters),
            fake.memory());
    requireSense(declaration, launch);
    Twin twin = fake.twins().get(declaration.name());
    if (twin == null) {
      throw new FakeFault("kernel %s has no twin".formatted(declaration.name()));
    }
    on.enqueue(
        "kernel " + launch,
        () -> {
          int status = fake.faults().next(FakeCuda.KERNEL + declaration.name());
          if (status != 0) {
            throw new Status(status);
          }
          twin.run(launch);
          launch.finish();
        });
    return CUDA_SUCCESS;
  }

  private static boolean fits(Launch.Grid grid, int mostThreads, int sharedBytes) {
    long threads = (long) grid.blockX() * grid.blockY() * grid.blockZ();
    return grid.gridX() > 0
        && grid.gridY() > 0
        && grid.gridY() <= MOST_BLOCKS
        && grid.gridZ() > 0
        && grid.gridZ() <= MOST_BLOCKS
        && grid.blockX() > 0
        && grid.blockY() > 0
        && grid.blockZ() > 0
        && grid.blockZ() <= 64
        && threads <= Math.min(MOST_THREADS, mostThreads)
        && grid.sharedBytes() >= 0
        && grid.sharedBytes() <= sharedBytes;
  }

  private static long[] values(FakeProgram.Declaration declaration, MemorySegment parameters) {
    int count = declaration.parameters().size();
    MemorySegment pointers = parameters.reinterpret(8L * count);
    long[] values = new long[count];
    for (int i = 0; i < count; i++) {
      Parameter parameter = declaration.parameters().get(i);
      MemorySegment value = pointers.getAtIndex(ADDRESS, i);
      if (value.equals(MemorySegment.NULL)) {
        throw new FakeFault(
            "kernel %s: no argument for parameter %d (%s)"
                .formatted(declaration.name(), i, parameter.name()));
      }
      MemorySegment bytes = value.reinterpret(parameter.kind().bytes);
      values[i] =
          switch (parameter.kind()) {
            case POINTER, LONG -> bytes.get(JAVA_LONG, 0);
            case INT -> bytes.get(JAVA_INT, 0);
            case FLOAT -> Float.floatToRawIntBits(bytes.get(JAVA_FLOAT, 0));
          };
    }
    return values;
  }

  /**
   * The driver sees bytes alone, so an argument of another type shows in its value: an int is a
   * denormal number as a float32, and a float32 is huge as an int.
   */
  private void requireSense(FakeProgram.Declaration declaration, Launch launch) {
    for (int i = 0; i < declaration.parameters().size(); i++) {
      Parameter parameter = declaration.parameters().get(i);
      String strange = "";
      if (parameter.kind() == Kind.POINTER && launch.address(i) != 0) {
        fake.memory().segment(launch.address(i), 0);
      } else if (parameter.kind() == Kind.FLOAT) {
        float value = launch.floatAt(i);
        if (value != 0 && (Math.abs(value) < Float.MIN_NORMAL || Float.isNaN(value))) {
          strange = "float " + value;
        }
      } else if (parameter.kind() == Kind.INT && Math.abs((long) launch.intAt(i)) > 1 << 29) {
        strange = "int " + launch.intAt(i);
      }
      if (!strange.isEmpty()) {
        throw new FakeFault(
            "kernel %s: parameter %d (%s) is %s, so it was given another type"
                .formatted(declaration.name(), i, parameter.name(), strange));
      }
    }
  }
}
