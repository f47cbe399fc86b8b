package dev.vl4j.cuda.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.DType;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.testkit.Seeds;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The part of {@link KernelContract} about attention and what it reads. */
interface AttentionKernelContract extends KernelComparison {
  List<DType> RESULTS = List.of(DType.F32, DType.BF16);

  /** What there are devices for; all kernels but those of attention run on the first. */
  List<Target> targets();

  /** Runs a program on all devices of a target. */
  void compare(Target target, String what, Consumer<Workbench> program);

  @ParameterizedTest
  @ValueSource(ints = {4, 16, 20, 48, 1000})
  default void copiesOfLayers(int bytes) {
    for (int shift : new int[] {0, 4}) {
      compare(
          "copies of %d bytes".formatted(bytes),
          b -> {
            Matrix from = b.matrix("from", DType.I8, 3, bytes, 12, shift);
            Matrix to = b.matrix("to", DType.I8, 3, bytes, 64, shift);
            b.attention.copyKeyValues(
                from.address(), from.stride(), to.address(), to.stride(), 3, bytes);
          });
    }
  }

  @Test
  default void rotaryTables() {
    for (int pairs : new int[] {1, 5, 32, 36, 64}) {
      compare(
          "rotary table of " + pairs,
          b -> {
            int rows = 37;
            float[] frequencies = new float[pairs];
            int[] axes = new int[pairs];
            for (int i = 0; i < pairs; i++) {
              frequencies[i] = (float) Math.pow(1e6, -(double) i / pairs);
              axes[i] = i % 3;
            }
            int[] positions = b.random.ints(3L * rows, 0, 1 << 20).toArray();
            positions[0] = Integer.MAX_VALUE;
            positions[1] = 0;
            b.attention.rotaryTable(
                b.floats("frequencies", frequencies),
                b.integers("axes", axes),
                1.25f,
                b.integers("positions", positions),
                rows,
                pairs,
                b.floats("turns", rows * 2 * pairs));
          });
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 6, 24, 64, 72, 128, 260, 514})
  default void headsAreNormedTurnedAndPlaced(int headSize) {
    Seeds seeds = new Seeds("heads of " + headSize);
    for (OperandFormat format : List.of(OperandFormat.F32, OperandFormat.BF16)) {
      for (int gap : new int[] {0, 3}) {
        for (boolean normed : seeds.some(1, List.of(true, false))) {
          AttentionShape shape = new AttentionShape(4, 2, headSize, 0.2f, format);
          compare(
              "heads of %d, %s, gap %d".formatted(headSize, format, gap),
              b -> Heads.run(b, shape, gap, normed));
        }
      }
    }
  }

  /** A number of this run. */
  private static int drawn(String test, int headSize) {
    return new Random(KernelContract.SEED ^ test.hashCode() ^ headSize).nextInt(2);
  }

  /** Both types of results, or one of them, by turns. */
  private static List<DType> some(int number) {
    return Seeds.thorough() ? RESULTS : List.of(RESULTS.get(number % RESULTS.size()));
  }

  @ParameterizedTest
  @ValueSource(ints = {64, 72, 128})
  default void attentionByTensorCores(int headSize) {
    int number = drawn("attention by tensor cores", headSize);
    for (Target target : targets()) {
      number++;
      for (DType result : some(number)) {
        int keyValueHeads = result == DType.F32 ? 2 : 1;
        AttentionShape shape =
            new AttentionShape(2, keyValueHeads, headSize, 0.11f, OperandFormat.BF16);
        compare(
            target,
            "%s, %s to %s".formatted(target, shape, result),
            b -> Sequences.run(b, shape, result));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 20, 64, 130, 320})
  default void plainAttention(int headSize) {
    int number = drawn("plain attention", headSize);
    for (OperandFormat format : List.of(OperandFormat.F32, OperandFormat.BF16)) {
      AttentionShape shape = new AttentionShape(2, 1, headSize, -0.2f, format);
      number++;
      for (DType result : some(number)) {
        compare("%s to %s".formatted(shape, result), b -> Sequences.run(b, shape, result));
      }
    }
  }

  @Test
  default void plainAttentionOfTheLargestHeads() {
    int headSize = AttentionKind.largestHead();
    assertThat(AttentionKind.PLAIN.tileRows(headSize)).isEqualTo(1);
    AttentionShape shape = new AttentionShape(1, 1, headSize, 0.02f, OperandFormat.F32);
    compare("the largest heads", b -> Sequences.runShort(b, shape, DType.F32));
    AttentionShape larger = new AttentionShape(1, 1, headSize + 1, 1, OperandFormat.F32);
    assertThatExceptionOfType(IllegalArgumentException.class)
        .isThrownBy(() -> AttentionKind.of(targets().getFirst(), larger));
  }
}
