package dev.vl4j.cuda.backend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.cuda.fake.FakeCuda;
import dev.vl4j.kernels.DType;
import dev.vl4j.kernels.Epilogue;
import dev.vl4j.kernels.Forward;
import dev.vl4j.kernels.HostMatrix;
import dev.vl4j.kernels.Linear;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.RowTable;
import dev.vl4j.kernels.Tensor;
import dev.vl4j.testkit.Seeds;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** How weights come to the device. */
class WeightsTest {
  private static final int ROWS = 300;
  private static final int COLUMNS = 4096;
  private static final int INVALID_VALUE = 1;

  @RegisterExtension final FakeGpus gpus = new FakeGpus();
  @TempDir Path directory;
  private final Seeds seeds = new Seeds("weights");

  /** The same matrix in a file that is mapped, away from the beginning of a page. */
  private HostMatrix mapped(HostMatrix matrix, Arena arena) {
    int offset = 4096 + 64;
    Path file = directory.resolve("weights");
    try (FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE,
            StandardOpenOption.TRUNCATE_EXISTING)) {
      long bytes = matrix.data().byteSize();
      try (Arena writing = Arena.ofConfined()) {
        MemorySegment all = channel.map(FileChannel.MapMode.READ_WRITE, 0, offset + bytes, writing);
        MemorySegment.copy(matrix.data(), 0, all, offset, bytes);
      }
      MemorySegment data =
          channel.map(FileChannel.MapMode.READ_ONLY, 0, offset + bytes, arena).asSlice(offset);
      return new HostMatrix(
          matrix.name(), data, matrix.dtype(), matrix.rows(), matrix.columns(), matrix.scales());
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private HostMatrix matrix(DType dtype) {
    return Seeds.matrix("weight", seeds.values(ROWS * COLUMNS), dtype, ROWS, COLUMNS);
  }

  /** What a weight makes of a row, and a row of a table. */
  private static float[] use(CudaBackend backend, HostMatrix matrix, OperandFormat format) {
    float[] x = new float[COLUMNS];
    x[3] = 1;
    x[COLUMNS - 1] = -2;
    try (Linear linear = backend.prepare(List.of(matrix), format);
        RowTable table = backend.table(matrix);
        Forward forward = backend.begin()) {
      Tensor in = forward.tensor(1, COLUMNS);
      forward.upload(x, in);
      Tensor out = forward.tensor(1, ROWS);
      forward.linear(in, linear, Epilogue.NONE, out);
      Tensor row = forward.tensor(1, COLUMNS);
      forward.gather(table, forward.indices(new int[] {ROWS - 1}), row);
      float[] all = Arrays.copyOf(forward.read(out).await(), ROWS + COLUMNS);
      System.arraycopy(forward.read(row).await(), 0, all, ROWS, COLUMNS);
      return all;
    }
  }

  @ParameterizedTest
  @EnumSource
  void aMappedFileIsReadWhereItLies(DType dtype) {
    HostMatrix matrix = matrix(dtype);
    FakeCuda machine = gpus.machine();
    try (CudaBackend backend = gpus.open(machine);
        Arena arena = Arena.ofConfined()) {
      HostMatrix mapped = mapped(matrix, arena);
      for (OperandFormat format : List.of(OperandFormat.F32, OperandFormat.BF16)) {
        float[] copied = use(backend, matrix, format);
        int before = machine.calls("cuMemHostRegister_v2");
        assertThat(Arrays.equals(use(backend, mapped, format), copied)).isTrue();
        assertThat(machine.calls("cuMemHostRegister_v2")).isEqualTo(before + 2);
      }
    }
  }

  @Test
  void whereMappingsCannotBeLockedTheyAreCopied() {
    HostMatrix matrix = matrix(DType.BF16);
    FakeCuda machine = gpus.machine();
    try (CudaBackend backend = gpus.open(machine);
        Arena arena = Arena.ofConfined()) {
      float[] copied = use(backend, matrix, OperandFormat.BF16);
      HostMatrix mapped = mapped(matrix, arena);
      machine.fail("cuMemHostRegister_v2", 1, INVALID_VALUE);
      assertThat(Arrays.equals(use(backend, mapped, OperandFormat.BF16), copied)).isTrue();
      // It is not asked for again.
      assertThat(machine.calls("cuMemHostRegister_v2")).isEqualTo(1);
      assertThat(machine.calls("cuMemHostUnregister")).isZero();
    }
  }

  /** Larger than what is converted at a time. */
  @Test
  void largeMatricesAreConvertedInSlices() {
    int rows = 70;
    int columns = 65_537;
    float[] values = seeds.values(rows * columns);
    HostMatrix matrix = Seeds.matrix("large", values, DType.F32, rows, columns);
    float[] x = new float[columns];
    x[columns - 1] = 1;
    try (CudaBackend backend = gpus.open();
        Linear linear = backend.prepare(List.of(matrix), OperandFormat.F32);
        Forward forward = backend.begin()) {
      Tensor in = forward.tensor(1, columns);
      forward.upload(x, in);
      Tensor out = forward.tensor(1, rows);
      forward.linear(in, linear, Epilogue.NONE, out);
      float[] result = forward.read(out).await();
      for (int row = 0; row < rows; row++) {
        assertThat(result[row]).isEqualTo(values[(row + 1) * columns - 1]);
      }
    }
  }
}
