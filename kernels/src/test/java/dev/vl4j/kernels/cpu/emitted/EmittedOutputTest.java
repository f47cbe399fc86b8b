package dev.vl4j.kernels.cpu.emitted;

import static dev.vl4j.kernels.x86.MachineCode.PANEL;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.vl4j.kernels.Activation;
import dev.vl4j.kernels.DType;
import dev.vl4j.kernels.Epilogue;
import dev.vl4j.kernels.Formats;
import dev.vl4j.kernels.HostMatrix;
import dev.vl4j.kernels.PreparedStore;
import dev.vl4j.kernels.cpu.family.Int8Linear;
import dev.vl4j.kernels.cpu.family.PackedRows;
import dev.vl4j.kernels.cpu.family.WorkerPool;
import dev.vl4j.kernels.cpu.vector.Int8Outliers;
import dev.vl4j.kernels.cpu.vector.Int8Rows;
import dev.vl4j.kernels.cpu.vector.VectorOutput;
import dev.vl4j.kernels.memory.HostBlock;
import dev.vl4j.kernels.memory.HostMemory;
import dev.vl4j.kernels.memory.HostTensor;
import dev.vl4j.kernels.x86.MachineCode;
import dev.vl4j.kernels.x86.OutputSlot;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Emitted quantisation and output against the same in Java, to the last bit. */
class EmittedOutputTest {
  private static final long SEED = Long.getLong("tests.seed", System.nanoTime());

  static {
    System.out.println("EmittedOutputTest: -Dtests.seed=" + SEED);
  }

  private final MachineCode code = MachineCode.get();
  private final HostMemory memory = new HostMemory("test", 0, 0, null);
  private final Random random = new Random(SEED);

  @BeforeEach
  void onlyWhereThereAreKernels() {
    assumeTrue(code.hasOutputs(), "not tested here: tier " + code.tier() + " has no such kernels");
  }

  /** Over all ranges of the activations' polynomials, and far outside. */
  private float value() {
    float unit = 2 * random.nextFloat() - 1;
    return switch (random.nextInt(4)) {
      case 0 -> unit;
      case 1 -> 10 * unit;
      case 2 -> 120 * unit;
      default -> 1e-4f * unit;
    };
  }

  private HostTensor empty(int rows, int columns) {
    return new HostTensor(memory.temporary(HostTensor.bytes(rows, columns)), rows, columns);
  }

  /** A part of something wider, so that strides matter. */
  private HostTensor tensor(int rows, int columns) {
    HostTensor tensor = empty(rows, columns + 7).columns(3, columns + 3);
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        tensor.data().set(ValueLayout.JAVA_FLOAT, tensor.at(row, column), value());
      }
    }
    return tensor;
  }

  private static MemorySegment room(long bytes) {
    return Arena.ofAuto().allocate(bytes, 64);
  }

  private static int[] bits(HostTensor tensor) {
    int[] bits = new int[tensor.rows() * tensor.columns()];
    for (int i = 0; i < bits.length; i++) {
      long at = tensor.at(i / tensor.columns(), i % tensor.columns());
      bits[i] = tensor.data().get(ValueLayout.JAVA_INT, at);
    }
    return bits;
  }

  @ParameterizedTest
  @CsvSource({
    "NONE, false, false, false",
    "NONE, true, true, false",
    "NONE, false, true, false",
    "GELU_TANH, true, false, false",
    "GELU_ERF, true, false, false",
    "GELU_ERF, false, true, false",
    "NONE, false, false, true"
  })
  void writesWhatJavaWrites(
      Activation activation, boolean hasBias, boolean hasResidual, boolean gated) {
    for (int columns : new int[] {1, 15, 16, 17, 32, 40, 64, 71}) {
      int rows = 1 + random.nextInt(15);
      HostTensor bias = hasBias ? tensor(1, columns) : null;
      HostTensor residual = hasResidual ? tensor(rows, columns) : null;
      Epilogue epilogue = new Epilogue(bias, activation, residual);
      HostTensor expected = tensor(rows, columns);
      HostTensor found = tensor(rows, columns);
      VectorOutput java = new VectorOutput(epilogue, gated, PANEL, expected);
      EmittedOutput emitted = new EmittedOutput(code, false, epilogue, gated, found);
      MemorySegment frame = room(OutputSlot.FRAME_BYTES);
      int panels = Math.ceilDiv(columns, gated ? PANEL / 2 : PANEL);
      for (int panel = 0; panel < panels; panel++) {
        MemorySegment sums = room(4L * rows * PANEL);
        for (int i = 0; i < rows * PANEL; i++) {
          sums.setAtIndex(ValueLayout.JAVA_FLOAT, i, value());
        }
        emitted.write(
            new EmittedProduct.Finished(sums.address(), 0, rows, panel, 0, panel + 1), frame);
        for (int row = 0; row < rows; row++) {
          java.write(sums, 4L * row * PANEL, row, panel);
        }
      }
      assertThat(bits(found)).as("%d columns", columns).isEqualTo(bits(expected));
    }
  }

  /** What is written as an operand is what would be written as a tensor, rounded. */
  @ParameterizedTest
  @CsvSource({
    "NONE, false, false",
    "GELU_TANH, true, false",
    "GELU_ERF, true, false",
    "NONE, false, true"
  })
  void roundsWhatJavaWrites(Activation activation, boolean hasBias, boolean gated) {
    assumeTrue(code.hasBf16(), "not tested here: there are no bf16 kernels");
    for (int columns : new int[] {1, 15, 16, 17, 32, 40, 64, 71}) {
      int rows = 1 + random.nextInt(15);
      Epilogue epilogue = new Epilogue(hasBias ? tensor(1, columns) : null, activation, null);
      HostTensor expected = tensor(rows, columns);
      int step = code.bf16().products().stepBytes();
      int depthBytes = Math.ceilDiv(columns * Short.BYTES, step) * step;
      HostBlock block = memory.temporary(PackedOperand.bytes(code.bf16(), rows, depthBytes));
      PackedOperand found = new PackedOperand(code.bf16(), block, rows, columns, depthBytes);
      VectorOutput java = new VectorOutput(epilogue, gated, PANEL, expected);
      EmittedOutput emitted = new EmittedOutput(code, false, epilogue, gated, found);
      MemorySegment frame = room(OutputSlot.FRAME_BYTES);
      int panels = Math.ceilDiv(columns, gated ? PANEL / 2 : PANEL);
      for (int panel = 0; panel < panels; panel++) {
        MemorySegment sums = room(4L * rows * PANEL);
        for (int i = 0; i < rows * PANEL; i++) {
          sums.setAtIndex(ValueLayout.JAVA_FLOAT, i, value());
        }
        for (int row = 0; row < rows; row++) {
          java.write(sums, 4L * row * PANEL, row, panel);
        }
        for (int row = 0; row < rows; ) {
          int next = row + emitted.run(row, rows);
          long at = sums.address() + 4L * row * PANEL;
          emitted.write(new EmittedProduct.Finished(at, row, next, panel, 0, panel + 1), frame);
          row = next;
        }
      }
      for (int row = 0; row < rows; row++) {
        for (int column = 0; column < depthBytes / Short.BYTES; column++) {
          long at = found.address(row, column) - found.data().address();
          float value = column < columns ? element(expected, row, column) : 0;
          // The instruction takes what is no normal number as zero, and so do the products.
          float taken = Math.abs(value) < Float.MIN_NORMAL ? Math.copySign(0, value) : value;
          assertThat(found.data().get(ValueLayout.JAVA_SHORT, at))
              .as("row %d, column %d of %d, seed %d", row, column, columns, SEED)
              .isEqualTo((short) (Float.floatToRawIntBits(Formats.roundToBf16(taken)) >>> 16));
        }
      }
    }
  }

  private static float element(HostTensor tensor, int row, int column) {
    return tensor.data().get(ValueLayout.JAVA_FLOAT, tensor.at(row, column));
  }

  /** Ordinary rows, rows with some outliers and rows of hardly anything else. */
  private HostTensor rowsWithOutliers(int rows, int columns) {
    HostTensor x = tensor(rows, columns);
    for (int row = 0; row < rows; row++) {
      int every = row % 3 == 0 ? Integer.MAX_VALUE : row % 3 == 1 ? 40 : 2;
      for (int column = 0; column < columns; column++) {
        float unit = 2 * random.nextFloat() - 1;
        float value = random.nextInt(every) == 0 ? 900 * unit : unit;
        x.data().set(ValueLayout.JAVA_FLOAT, x.at(row, column), value);
      }
    }
    return x;
  }

  @Test
  void quantisesAndScalesAsJavaDoes() {
    int rows = 9;
    int outFeatures = 40;
    int highDigits = 0;
    for (int columns : new int[] {1, 4, 15, 16, 63, 64, 65, 200, 1030}) {
      HostTensor x = rowsWithOutliers(rows, columns);
      Int8Linear weight = weight(outFeatures, columns);
      Epilogue epilogue = Epilogue.residual(tensor(rows, outFeatures));
      HostTensor found = tensor(rows, outFeatures);
      HostTensor expected = tensor(rows, outFeatures);
      EmittedInt8Rows emitted = new EmittedInt8Rows();
      try (WorkerPool pool = new WorkerPool(1)) {
        MemorySegment operands = room(EmittedInt8Product.operandBytes(code, rows, weight));
        new EmittedInt8Product(code, x, weight, epilogue, found, emitted, operands)
            .run(pool, new EmittedProduct.Workspace[] {new EmittedProduct.Workspace()});
      }
      Int8Rows java = new Int8Rows();
      java.reset(rows);
      multiplyInJava(x, weight, epilogue, java, expected);
      for (int row = 0; row < rows; row++) {
        assertThat(emitted.scale(row)).as("scale of row %d", row).isEqualTo(java.scale(row));
        assertThat(emitted.outliers(row)).as("outliers, row %d", row).isEqualTo(java.outliers(row));
        highDigits += java.outliers(row);
      }
      assertThat(bits(found)).as("%d columns", columns).isEqualTo(bits(expected));
      weight.close();
    }
    assertThat(highDigits).isGreaterThan(20);
  }

  private Int8Linear weight(int outFeatures, int inFeatures) {
    MemorySegment data = room(4L * outFeatures * inFeatures);
    for (int i = 0; i < outFeatures * inFeatures; i++) {
      data.setAtIndex(ValueLayout.JAVA_FLOAT, i, 2 * random.nextFloat() - 1);
    }
    HostMatrix matrix = new HostMatrix("weight", data, DType.F32, outFeatures, inFeatures);
    try (WorkerPool pool = new WorkerPool(1)) {
      PackedRows rows = PackedRows.stacked(List.of(matrix), PANEL);
      EmittedKernels kernels = new EmittedKernels(code, pool, memory);
      return EmittedInt8Linear.pack(kernels, rows, null, PreparedStore.NONE);
    }
  }

  /** Low digits multiplied by plain loops, and then what runs where there is no AVX-512. */
  private static void multiplyInJava(
      HostTensor x, Int8Linear weight, Epilogue epilogue, Int8Rows rows, HostTensor out) {
    Int8Outliers outliers = new Int8Outliers(weight, rows);
    VectorOutput output = new VectorOutput(epilogue, false, PANEL, out);
    MemorySegment digits = room(weight.depth());
    MemorySegment weights = weight.memory().data();
    MemorySegment sums = room(PANEL * 4L);
    for (int row = 0; row < x.rows(); row++) {
      rows.quantise(x, row, 0, digits, 0, weight.depth());
      for (int panel = 0; panel < weight.panels(); panel++) {
        for (int column = 0; column < PANEL; column++) {
          int sum = 0;
          for (int k = 0; k < weight.depth(); k++) {
            long at = weight.memory().at(panel, k & ~3) + column * 4L + (k & 3);
            sum += digits.get(ValueLayout.JAVA_BYTE, k) * weights.get(ValueLayout.JAVA_BYTE, at);
          }
          float step =
              rows.scale(row) * weight.scales(panel).getAtIndex(ValueLayout.JAVA_FLOAT, column);
          sums.setAtIndex(ValueLayout.JAVA_FLOAT, column, sum * step);
        }
        outliers.add(sums, 0, row, panel);
        output.write(sums, 0, row, panel);
      }
    }
  }
}
