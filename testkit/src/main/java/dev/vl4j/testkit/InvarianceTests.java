package dev.vl4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.Reproducibility;
import dev.vl4j.kernels.Support;
import dev.vl4j.kernels.Tensor;
import dev.vl4j.testkit.TestForward.Tolerance;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/** What tests of invariance share. */
abstract class InvarianceTests {
  private static final AttentionShape F32 = new AttentionShape(4, 2, 24, 0.2f, OperandFormat.F32);
  private static final AttentionShape BF16 = new AttentionShape(4, 2, 24, 0.2f, OperandFormat.BF16);

  static final List<AttentionShape> SHAPES = List.of(F32, BF16);

  /** Columns of queries, keys and values side by side. */
  static final int WIDTH = (4 + 2 * 2) * 24;

  InvarianceTests() {}

  /** Opens the backend with so many compute threads, as far as it has any. */
  protected abstract Backend open(int threads);

  /** Holds results to the backend's class. */
  static void same(Backend backend, Invariance invariance, String what, float[] got, float[] want) {
    Reproducibility promised = backend.reproducibility();
    if (promised.isBitwise()) {
      // Compared before a message is made, since there are very many.
      if (!Arrays.equals(got, want)) {
        assertThat(got).as("%s: %s, seed %d", invariance, what, Seeds.seed()).containsExactly(want);
      }
      return;
    }
    assertThat(got).as(what).hasSameSizeAs(want);
    double allowed = promised.bound() * Contract.largest(want);
    for (int i = 0; i < got.length; i++) {
      assertThat(Math.abs((double) got[i] - want[i]))
          .as("%s: %s, element %d, seed %d", invariance, what, i, Seeds.seed())
          .isLessThanOrEqualTo(allowed);
    }
  }

  static float[] slice(float[] values, int columns, int from, int to) {
    return Arrays.copyOfRange(values, from * columns, to * columns);
  }

  static void result(TestForward test, Tensor tensor) {
    test.result("invariance", "invariance", tensor, Tolerance.EXACT);
  }

  static float[] one(Backend backend, Consumer<TestForward> program) {
    return TestForward.values(backend, program).getFirst();
  }

  static float[] attention(Backend backend, AttentionShape shape, float[] packed, Forest forest) {
    return attention(backend, new AttentionRun(shape, forest, List.of(packed)));
  }

  static float[] attention(Backend backend, AttentionRun run) {
    return one(backend, test -> run.run(test, Tolerance.EXACT));
  }

  static boolean supports(Backend backend, AttentionShape shape) {
    return backend.supports(shape.operands(), shape.headSize()) != Support.NONE;
  }

  /** Norms and rotations, with rows at any position. */
  static AttentionRun.Turning turning(Seeds seeds, int rows) {
    return new AttentionRun.Turning(
        seeds.values(24), seeds.values(24), seeds.rotary(12, 3), seeds.positions(3, rows));
  }
}
