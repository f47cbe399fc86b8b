package dev.vl4j.kernels.cpu.emitted;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.Formats;
import dev.vl4j.kernels.memory.HostBlock;
import dev.vl4j.kernels.memory.HostMemory;
import dev.vl4j.kernels.memory.HostTensor;
import dev.vl4j.kernels.x86.AmxEmulation;
import dev.vl4j.kernels.x86.Bf16Code;
import dev.vl4j.kernels.x86.MachineCode;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Rows of operands, plain ones and AMX's blocks of sixteen. */
class PackedOperandTest {
  private static final long SEED = Long.getLong("tests.seed", System.nanoTime());

  static {
    System.out.println("PackedOperandTest: -Dtests.seed=" + SEED);
  }

  private final HostMemory memory = new HostMemory("test", 0, 0, null);
  private final Random random = new Random(SEED);

  @BeforeEach
  void onlyWhereThereAreKernels() {
    assumeTrue(MachineCode.get().hasBf16(), "not tested here: there are no bf16 kernels");
  }

  private PackedOperand operand(Bf16Code code, int rows, int columns) {
    int step = code.products().stepBytes();
    int depthBytes = Math.ceilDiv(columns * Short.BYTES, step) * step;
    HostBlock block = memory.temporary(PackedOperand.bytes(code, rows, depthBytes));
    block.segment().fill((byte) 0x7F); // undefined, as memory is that others had
    return new PackedOperand(code, block, rows, columns, depthBytes);
  }

  private HostTensor tensor(int rows, int columns) {
    HostTensor tensor =
        new HostTensor(memory.temporary(HostTensor.bytes(rows, columns)), rows, columns);
    for (int i = 0; i < rows * columns; i++) {
      tensor.data().setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextGaussian());
    }
    return tensor;
  }

  private static float element(PackedOperand operand, int row, int column) {
    long at = operand.address(row, column) - operand.data().address();
    return Formats.bf16ToFloat(operand.data().get(ValueLayout.JAVA_SHORT, at));
  }

  @Test
  void writesRowsWhereverTheyBegin() {
    for (Bf16Code code : List.of(MachineCode.get().bf16(), AmxEmulation.machineCode().bf16())) {
      for (int columns : new int[] {1, 8, 17, 32, 33, 64, 72, 200}) {
        int rows = 1 + random.nextInt(50);
        int first = random.nextInt(20);
        PackedOperand operand = operand(code, first + rows, columns);
        HostTensor before = tensor(first, columns);
        HostTensor x = tensor(rows, columns);
        operand.write(x, first, 0);
        operand.write(before, 0, 0);
        for (int row = 0; row < first + rows; row++) {
          HostTensor from = row < first ? before : x;
          for (int column = 0; column < columns; column++) {
            long at = from.at(row < first ? row : row - first, column);
            assertThat(element(operand, row, column))
                .as("row %d, column %d of %d, seed %d", row, column, columns, SEED)
                .isEqualTo(Formats.roundToBf16(from.data().get(ValueLayout.JAVA_FLOAT, at)));
          }
          int padded = code.products().stepBytes() / Short.BYTES;
          for (int column = columns; column % padded != 0; column++) {
            assertThat(element(operand, row, column)).isZero();
          }
        }
      }
    }
  }

  /** As attention does, head by head. */
  @Test
  void writesColumns() {
    for (Bf16Code code : List.of(MachineCode.get().bf16(), AmxEmulation.machineCode().bf16())) {
      int rows = 1 + random.nextInt(40);
      HostTensor x = tensor(rows, 160);
      PackedOperand operand = operand(code, rows, 160);
      operand.write(x.columns(96, 160), 0, 96);
      operand.write(x.columns(0, 96), 0, 0);
      for (int row = 0; row < rows; row++) {
        for (int column = 0; column < 160; column++) {
          float value = x.data().get(ValueLayout.JAVA_FLOAT, x.at(row, column));
          assertThat(element(operand, row, column))
              .as("row %d, column %d, seed %d", row, column, SEED)
              .isEqualTo(Formats.roundToBf16(value));
        }
      }
    }
  }

  @Test
  void isRefusedByOtherWeightsAndOnceClosed() {
    Bf16Code code = MachineCode.get().bf16();
    int depthBytes = 64 * Short.BYTES;
    HostBlock block = memory.temporary(PackedOperand.bytes(code, 3, depthBytes));
    PackedOperand operand = new PackedOperand(code, block, 3, 64, depthBytes);
    assertThat(PackedOperand.of(operand, depthBytes)).isSameAs(operand);
    assertThatThrownBy(() -> PackedOperand.of(operand, 2 * depthBytes))
        .isInstanceOf(BackendException.class)
        .hasMessageContaining("operand for another weight");
    block.close();
    assertThatThrownBy(() -> PackedOperand.of(operand, depthBytes))
        .isInstanceOf(BackendException.class)
        .hasMessageContaining("operand [3, 64] is closed");
  }
}
