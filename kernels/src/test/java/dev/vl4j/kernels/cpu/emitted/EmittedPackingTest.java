package dev.vl4j.kernels.cpu.emitted;

import static dev.vl4j.kernels.x86.MachineCode.PANEL;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.DType;
import dev.vl4j.kernels.HostMatrix;
import dev.vl4j.kernels.PreparedStore;
import dev.vl4j.kernels.cpu.family.Int8Linear;
import dev.vl4j.kernels.cpu.family.PackedRows;
import dev.vl4j.kernels.cpu.family.WorkerPool;
import dev.vl4j.kernels.memory.HostMemory;
import dev.vl4j.kernels.x86.BoundedCode;
import dev.vl4j.kernels.x86.MachineCode;
import dev.vl4j.kernels.x86.PackCode;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Weights packed by emitted kernels against the same packed in Java, to the last bit. */
class EmittedPackingTest {
  private static final long SEED = Long.getLong("tests.seed", System.nanoTime());
  private static final int[] COLUMNS = {1, 2, 15, 16, 17, 31, 32, 33, 63, 64, 65, 130, 257, 1030};

  static {
    System.out.println("EmittedPackingTest: -Dtests.seed=" + SEED);
  }

  private final Random random = new Random(SEED);
  private final HostMemory memory = new HostMemory("test", 0, 0, null);
  private final @Nullable PackCode code = PackCode.of(MachineCode.get().tier());

  @BeforeEach
  void onlyWhereThereAreKernels() {
    assumeTrue(code != null, "not tested here: the tier has no kernels for packing");
  }

  /** In memory that is aligned to nothing, with rows of zeros, tiny and large values. */
  private HostMatrix matrix(DType dtype, int rows, int columns) {
    long bytes = (long) rows * columns * dtype.bytes();
    MemorySegment data = Arena.ofAuto().allocate(bytes + 1).asSlice(1);
    float[] scales = new float[dtype == DType.I8 ? rows : 0];
    for (int row = 0; row < rows; row++) {
      float scale = random.nextInt(4) == 0 ? 0 : (float) Math.pow(10, random.nextInt(-44, 30));
      for (int column = 0; column < columns; column++) {
        int at = row * columns + column;
        int bits = Float.floatToRawIntBits(scale * (2 * random.nextFloat() - 1));
        switch (dtype) {
          case F32 -> data.set(ValueLayout.JAVA_INT_UNALIGNED, 4L * at, bits);
          case BF16, F16 ->
              data.set(ValueLayout.JAVA_SHORT_UNALIGNED, 2L * at, (short) (bits >> 16));
          case I8 -> data.set(ValueLayout.JAVA_BYTE, at, (byte) random.nextInt(-128, 128));
        }
      }
      if (dtype == DType.I8) {
        scales[row] = random.nextFloat();
      }
    }
    return new HostMatrix("weight", data, dtype, rows, columns, scales);
  }

  private PackedRows stacked(DType dtype, int columns) {
    int first = 1 + random.nextInt(3 * PANEL);
    int second = 1 + random.nextInt(PANEL);
    return PackedRows.stacked(
        List.of(matrix(dtype, first, columns), matrix(dtype, second, columns)), PANEL);
  }

  private PackedRows gated(DType dtype, int columns) {
    int rows = 1 + random.nextInt(3 * PANEL);
    return PackedRows.gated(matrix(dtype, rows, columns), matrix(dtype, rows, columns), PANEL);
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"BF16", "F32"})
  void bfloat16(DType dtype) {
    assumeTrue(MachineCode.get().hasBf16(), "not tested here: there are no bf16 kernels");
    for (int columns : COLUMNS) {
      for (PackedRows rows : List.of(stacked(dtype, columns), gated(dtype, columns))) {
        try (WorkerPool pool = new WorkerPool(2);
            EmittedBf16Linear found =
                EmittedBf16Linear.pack(kernels(pool), rows, code, PreparedStore.NONE);
            EmittedBf16Linear expected =
                EmittedBf16Linear.pack(kernels(pool), rows, null, PreparedStore.NONE)) {
          assertEqual(found.memory().data(), expected.memory().data(), rows);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"BF16", "F32", "I8"})
  void int8(DType dtype) {
    int8(dtype, Objects.requireNonNull(code));
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"BF16", "I8"})
  void int8On256Bits(DType dtype) {
    int8(dtype, BoundedCode.narrowPacks());
  }

  private void int8(DType dtype, PackCode packs) {
    for (int columns : COLUMNS) {
      for (PackedRows rows : List.of(stacked(dtype, columns), gated(dtype, columns))) {
        try (WorkerPool pool = new WorkerPool(2);
            Int8Linear found = int8(rows, packs, pool);
            Int8Linear expected = int8(rows, null, pool)) {
          assertEqual(found.memory().data(), expected.memory().data(), rows);
          for (int panel = 0; panel < found.panels(); panel++) {
            assertEqual(found.scales(panel), expected.scales(panel), rows);
            assertEqual(found.compensation(panel), expected.compensation(panel), rows);
          }
        }
      }
    }
  }

  private Int8Linear int8(PackedRows rows, @Nullable PackCode code, WorkerPool pool) {
    return EmittedInt8Linear.pack(kernels(pool), rows, code, PreparedStore.NONE);
  }

  private EmittedKernels kernels(WorkerPool pool) {
    return new EmittedKernels(MachineCode.get(), pool, memory);
  }

  private static void assertEqual(MemorySegment found, MemorySegment expected, PackedRows rows) {
    assertThat(found.mismatch(expected)).as(rows.name()).isEqualTo(-1);
  }

  @Test
  void refusesWhatIsNotFinite() {
    for (float value : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
      for (int column : new int[] {3, 34}) {
        HostMatrix matrix = matrix(DType.BF16, 5, 35);
        short bits = (short) (Float.floatToRawIntBits(value) >> 16);
        matrix.data().set(ValueLayout.JAVA_SHORT_UNALIGNED, 2L * (2 * 35 + column), bits);
        PackedRows rows = PackedRows.stacked(List.of(matrix), PANEL);
        try (WorkerPool pool = new WorkerPool(1)) {
          assertThatThrownBy(() -> int8(rows, Objects.requireNonNull(code), pool))
              .isInstanceOf(BackendException.class)
              .hasMessageContaining("infinite or undefined value in row 2");
        }
      }
    }
  }
}
