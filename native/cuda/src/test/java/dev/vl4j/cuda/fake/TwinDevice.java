package dev.vl4j.cuda.fake;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.vl4j.cuda.fake.twin.Twins;
import dev.vl4j.cuda.kernel.Arguments;
import dev.vl4j.cuda.kernel.KernelDevice;
import dev.vl4j.device.fake.FakeFault;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;

/** Runs the twins of a program's kernels at once, without a driver. */
public final class TwinDevice implements KernelDevice {
  private final FakeMemory memory = new FakeMemory();
  private final Map<String, FakeProgram.Declaration> kernels;

  /**
   * @param program in CUDA C++
   */
  public TwinDevice(String program) {
    this(FakeCompiler.compile(program));
  }

  private TwinDevice(Map<String, FakeProgram.Declaration> kernels) {
    this.kernels = kernels;
  }

  /** A device of the same program, with nothing in its memory. */
  public TwinDevice fresh() {
    return new TwinDevice(kernels);
  }

  @Override
  public long allocate(MemorySegment contents) {
    long address = memory.allocate(0, contents.byteSize());
    memory.write(address, contents.byteSize()).copyFrom(contents);
    return address;
  }

  @Override
  public byte[] read(long address, long bytes) {
    return memory.read(address, bytes).toArray(JAVA_BYTE);
  }

  @Override
  @SuppressWarnings("restricted") // pointers to arguments are what a driver is given
  public void launch(String kernel, int blocks, int threads, int sharedBytes, Arguments arguments) {
    FakeProgram.Declaration declaration = kernels.get(kernel);
    if (declaration == null || threads > declaration.mostThreads()) {
      throw new FakeFault(
          "kernel %s (%s) in blocks of %d threads".formatted(kernel, declaration, threads));
    }
    List<Launch.Parameter> parameters = declaration.parameters();
    List<Integer> declared = parameters.stream().map(p -> p.kind().bytes).toList();
    if (!declared.equals(arguments.bytes())) {
      throw new FakeFault(
          "kernel %s has parameters of %s bytes, but is given %s"
              .formatted(kernel, declared, arguments.bytes()));
    }
    long[] values = new long[parameters.size()];
    for (int i = 0; i < values.length; i++) {
      int bytes = parameters.get(i).kind().bytes;
      MemorySegment value = arguments.pointers().getAtIndex(ADDRESS, i).reinterpret(bytes);
      values[i] = bytes == 8 ? value.get(JAVA_LONG, 0) : value.get(JAVA_INT, 0);
    }
    Launch.Grid grid = new Launch.Grid(blocks, 1, 1, threads, 1, 1, sharedBytes);
    Launch launch = new Launch(kernel, grid, parameters, values, memory);
    Twins.BY_KERNEL.get(kernel).run(launch);
    launch.finish();
  }
}
