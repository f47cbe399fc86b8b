package dev.vl4j.kernels.cpu.emitted;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.vl4j.kernels.DType;
import dev.vl4j.kernels.HeadNorm;
import dev.vl4j.kernels.cpu.family.CpuRotary;
import dev.vl4j.kernels.cpu.family.HeadFormat;
import dev.vl4j.kernels.cpu.family.HeadRows;
import dev.vl4j.kernels.cpu.family.Norms;
import dev.vl4j.kernels.cpu.family.WorkerPool;
import dev.vl4j.kernels.cpu.vector.Lanes;
import dev.vl4j.kernels.cpu.vector.VectorKernels;
import dev.vl4j.kernels.cpu.vector.VectorNorms;
import dev.vl4j.kernels.memory.HostMemory;
import dev.vl4j.kernels.memory.HostTensor;
import dev.vl4j.kernels.x86.MachineCode;
import dev.vl4j.kernels.x86.NormCode;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Emitted norms and rotations against the same in Java, to the last bit. */
class EmittedNormsTest {
  private static final long SEED = Long.getLong("tests.seed", System.nanoTime());
  private static final float EPSILON = 1e-6f;

  /** Floats of 512 bits, which attention in bf16 is on. */
  private static final int WIDE_LANES = 16;

  /** Columns on each side of a view, which nothing may change. */
  private static final int MARGIN = 17;

  static {
    System.out.println("EmittedNormsTest: -Dtests.seed=" + SEED);
  }

  private final Random random = new Random(SEED);
  private final HostMemory memory = new HostMemory("test", 0, 0, null);
  private final Norms java = new VectorNorms();
  private final @Nullable EmittedNorms found = EmittedNorms.of(MachineCode.get().tier(), 2);

  @BeforeEach
  void onlyWhereThereAreKernels() {
    boolean expected = NormCode.of(MachineCode.get().tier(), Lanes.COUNT) != null;
    assertThat(found != null).isEqualTo(expected);
    assumeTrue(expected, "not tested here: there are no kernels of this width");
  }

  private HostTensor empty(int rows, int columns) {
    return new HostTensor(memory.temporary(HostTensor.bytes(rows, columns)), rows, columns);
  }

  private EmittedNorms emitted() {
    return Objects.requireNonNull(found);
  }

  /** Two equal tensors, each with margins, and their views without. */
  private final class Twins {
    private final HostTensor[] all = new HostTensor[2];
    private final HostTensor[] views = new HostTensor[2];

    /**
     * @param scales each row's magnitude
     */
    Twins(int rows, int columns, float... scales) {
      for (int i = 0; i < 2; i++) {
        all[i] = empty(rows, columns + 2 * MARGIN);
        views[i] = all[i].columns(MARGIN, MARGIN + columns);
      }
      for (int row = 0; row < rows; row++) {
        for (int column = 0; column < all[0].columns(); column++) {
          float value = scales[row % scales.length] * (float) random.nextGaussian();
          for (HostTensor tensor : all) {
            tensor.data().set(ValueLayout.JAVA_FLOAT, tensor.at(row, column), value);
          }
        }
      }
    }

    HostTensor java() {
      return views[0];
    }

    HostTensor emitted() {
      return views[1];
    }

    void assertSame(int columns) {
      assertThat(bits(all[1])).as("%d columns", columns).isEqualTo(bits(all[0]));
    }
  }

  private static int[] bits(HostTensor tensor) {
    int[] bits = new int[tensor.rows() * tensor.columns()];
    for (int i = 0; i < bits.length; i++) {
      long at = tensor.at(i / tensor.columns(), i % tensor.columns());
      bits[i] = tensor.data().get(ValueLayout.JAVA_INT, at);
    }
    return bits;
  }

  /** Ordinary rows, large and tiny ones, rows of zeros and of numbers that overflow. */
  private Twins x(int rows, int columns) {
    return new Twins(rows, columns, 1, 1e4f, 1e-5f, 0, 1e-30f, 1e25f);
  }

  private int rows() {
    return 1 + random.nextInt(20);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 15, 16, 17, 32, 40, 63, 64, 127, 128, 130, 1152, 2048})
  void rmsNormOfRows(int columns) {
    int rows = rows();
    Twins x = x(rows, columns);
    Twins out = x(rows, columns);
    HostTensor weight = x(1, columns).java();
    java.rmsNorm(x.java(), weight, EPSILON, out.java(), 0);
    emitted().rmsNorm(x.emitted(), weight, EPSILON, out.emitted(), 1);
    x.assertSame(columns);
    out.assertSame(columns);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 15, 16, 17, 40, 64, 72, 128, 130})
  void rmsNormOfHeadsInPlace(int headSize) {
    int columns = headSize * (1 + random.nextInt(9));
    Twins x = x(rows(), columns);
    HostTensor weight = x(1, headSize).java();
    java.rmsNorm(x.java(), weight, EPSILON, x.java(), 0);
    emitted().rmsNorm(x.emitted(), weight, EPSILON, x.emitted(), 1);
    x.assertSame(columns);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 15, 16, 17, 32, 40, 63, 64, 127, 128, 130, 1024, 1152})
  void layerNorm(int columns) {
    int rows = rows();
    Twins x = x(rows, columns);
    Twins out = x(rows, columns);
    HostTensor weight = x(1, columns).java();
    HostTensor bias = x(1, columns).java();
    java.layerNorm(x.java(), weight, bias, EPSILON, out.java(), 0);
    emitted().layerNorm(x.emitted(), weight, bias, EPSILON, out.emitted(), 1);
    x.assertSame(columns);
    out.assertSame(columns);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 15, 16, 17, 20, 32, 36, 64, 65})
  void rotate(int pairs) {
    int rows = rows();
    int columns = 2 * pairs * (1 + random.nextInt(9));
    Twins x = x(rows, columns);
    HostTensor cosine = new Twins(rows, pairs, 1).java();
    HostTensor sine = new Twins(rows, pairs, 1).java();
    java.rotate(x.java(), cosine, sine, 0);
    emitted().rotate(x.emitted(), cosine, sine, 1);
    x.assertSame(columns);
  }

  /** Norm, rotation and rounding in one pass, against one after the other. */
  @ParameterizedTest
  @ValueSource(ints = {32, 64, 96, 128})
  void turnsHeads(int headSize) {
    assumeTrue(MachineCode.get().hasBf16(), "not tested here: there are no bf16 kernels");
    int heads = 1 + random.nextInt(5);
    for (boolean norms : new boolean[] {false, true}) {
      int rows = rows();
      Twins x = x(rows, heads * headSize);
      HeadNorm norm = norms ? new HeadNorm(x(1, headSize).java(), EPSILON) : HeadNorm.NONE;
      CpuRotary rotary =
          new CpuRotary(
              new Twins(rows, headSize / 2, 1).java(), new Twins(rows, headSize / 2, 1).java());
      HeadFormat format = new HeadFormat(DType.BF16, headSize, headSize);
      int first = random.nextInt(3);
      HeadRows found = headRows(format, heads, first + rows + 1);
      HeadRows expected = headRows(format, heads, first + rows + 1);
      try (WorkerPool pool = new WorkerPool(1)) {
        new VectorKernels(pool, memory, MachineCode.get())
            .turn(x.java(), norm, rotary, expected, first, java, 0);
      }
      emitted().turn(x.emitted(), norm, rotary, found, first, 1);
      assertThat(found.data().mismatch(expected.data())).as("%d heads", heads).isEqualTo(-1);
    }
  }

  private HeadRows headRows(HeadFormat format, int heads, int rows) {
    return new HeadRows(Arena.ofAuto().allocate(format.bytes(heads, rows), 64), 0, rows, format);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 15, 16, 17, 64, 72, 128, 130})
  void dividesAttentionsOutput(int headSize) {
    assumeTrue(MachineCode.get().hasBf16(), "not tested here: there are no bf16 kernels");
    int rows = rows();
    Twins values = new Twins(rows, headSize, 1);
    HostTensor sums = empty(rows, WIDE_LANES);
    Twins out = x(rows, headSize);
    for (int row = 0; row < rows; row++) {
      float sum = 0;
      for (int lane = 0; lane < WIDE_LANES; lane++) {
        float part = 30 * random.nextFloat();
        sums.data().set(ValueLayout.JAVA_FLOAT, sums.at(row, lane), part);
        sum += part;
      }
      for (int column = 0; column < headSize; column++) {
        HostTensor from = values.java();
        float value = from.data().get(ValueLayout.JAVA_FLOAT, from.at(row, column));
        HostTensor to = out.java();
        to.data().set(ValueLayout.JAVA_FLOAT, to.at(row, column), value / sum);
      }
    }
    long stride = (headSize + 2L * MARGIN) * Float.BYTES;
    MachineCode.get()
        .bf16()
        .divide(
            values.emitted().address(0, 0),
            stride,
            sums.address(0, 0),
            out.emitted().address(0, 0),
            stride,
            rows,
            headSize);
    out.assertSame(headSize);
  }

  @Test
  void nothingToDo() {
    Twins x = x(1, 32);
    HostTensor none = x.emitted().rows(0, 0);
    HostTensor weight = x(1, 32).java();
    emitted().rmsNorm(none, weight, EPSILON, none, 0);
    emitted().layerNorm(none, weight, weight, EPSILON, none, 0);
    emitted().rotate(none, none.columns(0, 16), none.columns(0, 16), 0);
    x.assertSame(32);
  }
}
