package dev.vl4j.kernels.cpu.emitted;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.vl4j.kernels.cpu.vector.Int8Rows;
import dev.vl4j.kernels.memory.HostMemory;
import dev.vl4j.kernels.memory.HostTensor;
import dev.vl4j.kernels.tier.Architecture;
import dev.vl4j.kernels.tier.Tier;
import dev.vl4j.kernels.x86.BoundedCode;
import dev.vl4j.kernels.x86.MachineCode;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Rows quantised by emitted kernels of either width against the same in Java, to the last bit. */
class EmittedInt8RowsTest {
  private static final long SEED = Long.getLong("tests.seed", System.nanoTime());
  private static final int[] COLUMNS = {1, 7, 15, 16, 17, 31, 33, 63, 64, 65, 127, 130, 257, 1030};
  private static final int ROWS = 5;

  /** Digits of padding behind a row, and a byte behind them that stays as it was. */
  private static final int PADDING = 3;

  private static final byte UNTOUCHED = 77;

  static {
    System.out.println("EmittedInt8RowsTest: -Dtests.seed=" + SEED);
  }

  private final Random random = new Random(SEED);
  private final HostMemory memory = new HostMemory("test", 0, 0, null);

  /** Rows of many magnitudes, some with outliers, one of zeros; its strides are no row's length. */
  private HostTensor tensor(int columns) {
    HostTensor all =
        new HostTensor(memory.temporary(HostTensor.bytes(ROWS, columns + 5)), ROWS, columns + 5);
    HostTensor tensor = all.columns(2, columns + 2);
    for (int row = 0; row < ROWS; row++) {
      float scale = row == 0 ? 0 : (float) Math.pow(10, random.nextInt(-30, 30));
      for (int column = 0; column < columns; column++) {
        float large = row % 2 == 0 && random.nextInt(40) == 0 ? 90 : 1;
        float value = scale * large * (2 * random.nextFloat() - 1);
        tensor.data().set(ValueLayout.JAVA_FLOAT, tensor.at(row, column), value);
      }
    }
    return tensor;
  }

  private static MemorySegment digits(int columns) {
    MemorySegment digits = Arena.ofAuto().allocate(columns + PADDING + 1, 64);
    digits.fill(UNTOUCHED);
    return digits;
  }

  @ParameterizedTest
  @EnumSource(
      value = Tier.class,
      names = {"AVX2", "AVX512_VNNI"})
  void digitsAndOutliersAreJavas(Tier tier) {
    assumeTrue(Architecture.current() == Architecture.X86_64, "not tested here: this is no x86-64");
    MachineCode code = BoundedCode.of(tier);
    assumeTrue(code.tier() == tier, "not tested here: no " + tier + ", but " + code.tier());
    int outliers = 0;
    for (int columns : COLUMNS) {
      HostTensor x = tensor(columns);
      Int8Rows java = new Int8Rows();
      EmittedInt8Rows emitted = new EmittedInt8Rows();
      EmittedInt8Rows.Scratch scratch = new EmittedInt8Rows.Scratch();
      java.reset(ROWS);
      emitted.reset(ROWS);
      for (int row = 0; row < ROWS; row++) {
        int offset = code.int8().offset();
        MemorySegment expected = digits(columns);
        MemorySegment found = digits(columns);
        java.quantise(x, row, offset, expected, 0, columns + PADDING);
        emitted.quantise(code.int8(), x, row, found, 0, columns + PADDING, scratch);
        String which = "%s, row %d of %d columns".formatted(tier, row, columns);
        assertThat(found.mismatch(expected)).as(which).isEqualTo(-1);
        assertThat(emitted.scale(row)).as(which).isEqualTo(java.scale(row));
        assertThat(listed(emitted, row)).as(which).isEqualTo(listed(java, row));
        outliers += java.outliers(row);
      }
    }
    assertThat(outliers).isPositive();
  }

  /** Columns and high digits of a row's outliers, in order. */
  private static List<List<Integer>> listed(Int8Rows rows, int row) {
    return IntStream.range(0, rows.outliers(row))
        .mapToObj(i -> List.of(rows.column(row, i), rows.high(row, i)))
        .toList();
  }
}
