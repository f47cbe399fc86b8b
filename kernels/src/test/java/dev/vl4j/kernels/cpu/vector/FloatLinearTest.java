package dev.vl4j.kernels.cpu.vector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.vl4j.kernels.DType;
import dev.vl4j.kernels.Formats;
import dev.vl4j.kernels.HostMatrix;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.PreparedStore;
import dev.vl4j.kernels.cpu.family.PackedRows;
import dev.vl4j.kernels.cpu.family.WorkerPool;
import dev.vl4j.kernels.memory.HostMemory;
import dev.vl4j.kernels.x86.MachineCode;
import dev.vl4j.kernels.x86.PortableCode;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Weights in panels, by machine code and in Java, are the rows that they were made of. */
class FloatLinearTest {
  private static final long SEED = Long.getLong("tests.seed", System.nanoTime());
  private static final int[] COLUMNS = {1, 7, 8, 9, 16, 63, 130, 257};

  static {
    System.out.println("FloatLinearTest: -Dtests.seed=" + SEED);
  }

  private final Random random = new Random(SEED);
  private final HostMemory memory = new HostMemory("test", 0, 0, null);

  /** Any bits but those of infinity and of what is no number; in memory aligned to nothing. */
  private HostMatrix matrix(DType dtype, int rows, int columns) {
    int count = rows * columns;
    MemorySegment data = Arena.ofAuto().allocate((long) count * dtype.bytes() + 1).asSlice(1);
    for (int i = 0; i < count; i++) {
      float value = (float) Math.pow(10, random.nextInt(-30, 30)) * (2 * random.nextFloat() - 1);
      if (dtype == DType.F32) {
        data.set(ValueLayout.JAVA_FLOAT_UNALIGNED, 4L * i, value);
      } else {
        int bits = Float.floatToRawIntBits(Formats.roundToBf16(value));
        data.set(ValueLayout.JAVA_SHORT_UNALIGNED, 2L * i, (short) (bits >>> 16));
      }
    }
    return new HostMatrix("weight", data, dtype, rows, columns);
  }

  private List<PackedRows> rows(int columns) {
    int first = 1 + random.nextInt(3 * Lanes.PANEL);
    HostMatrix one = matrix(DType.BF16, first, columns);
    HostMatrix more = matrix(DType.BF16, 1 + random.nextInt(Lanes.PANEL), columns);
    HostMatrix wider = matrix(DType.F32, 1 + random.nextInt(Lanes.PANEL), columns);
    HostMatrix twin = matrix(DType.BF16, first, columns);
    return List.of(
        PackedRows.stacked(List.of(one, more), Lanes.PANEL),
        PackedRows.gated(one, twin, Lanes.PANEL),
        PackedRows.stacked(List.of(one, wider), Lanes.PANEL));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aPanelHasItsRows(boolean emitted) {
    MachineCode code = emitted ? MachineCode.get() : PortableCode.get();
    try (WorkerPool pool = new WorkerPool(2)) {
      VectorKernels kernels = new VectorKernels(pool, memory, code);
      assumeTrue(
          !emitted || kernels.code() != null,
          "not tested here: vectors of %d floats have no machine code".formatted(Lanes.COUNT));
      for (int columns : COLUMNS) {
        for (PackedRows rows : rows(columns)) {
          for (OperandFormat operands : List.of(OperandFormat.F32, OperandFormat.BF16)) {
            try (FloatLinear linear =
                FloatLinear.pack(kernels, rows, operands, PreparedStore.NONE)) {
              requireRows(linear, rows, columns, operands);
            }
          }
        }
      }
    }
  }

  private static void requireRows(
      FloatLinear linear, PackedRows rows, int columns, OperandFormat operands) {
    MemorySegment scratch = Arena.ofAuto().allocate(4L * columns * Lanes.PANEL, 64);
    List<PackedRows.@Nullable Row> sources = rows.columns();
    for (int panel = 0; panel < linear.panels(); panel++) {
      long at = linear.widen(panel, 0, columns, scratch);
      MemorySegment found = linear.source(panel, scratch);
      for (int column = 0; column < Lanes.PANEL; column++) {
        PackedRows.Row row = sources.get(panel * Lanes.PANEL + column);
        for (int k = 0; k < columns; k++) {
          float value = row == null ? 0 : row.matrix().element((long) row.index() * columns + k);
          float expected = operands == OperandFormat.BF16 ? Formats.roundToBf16(value) : value;
          long place = at + 4L * (k * Lanes.PANEL + column);
          assertThat(found.get(ValueLayout.JAVA_FLOAT, place))
              .as("%s, panel %d, column %d, element %d", rows.name(), panel, column, k)
              .isEqualTo(expected);
        }
      }
    }
  }
}
