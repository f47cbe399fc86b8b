package dev.vl4j.bench;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is timed must be the product. */
class ContendersTest {
  private static final int ROWS = 5;
  private static final int OUT = 37;
  private static final int IN = 67;

  @ParameterizedTest
  @EnumSource
  void everyContenderComputesTheSameProduct(Contenders contender) {
    String refusal = contender.refusal();
    assumeTrue(refusal == null, () -> contender.label() + ": " + refusal);
    try (Arena arena = Arena.ofShared()) {
      GemmProblem problem =
          GemmProblem.of(ROWS, OUT, IN, GemmProblem.randomWeights(arena, OUT, IN));
      try (Contender open = contender.open(problem, 2, 2L * OUT * IN * Float.BYTES)) {
        // More than once, so that further copies of the weights have their turn.
        for (int run = 0; run < 3; run++) {
          open.run();
          problem.check(contender.label(), open.output(), contender.tolerance());
        }
      }
    }
  }

  @Test
  void checkFindsAWrongElement() {
    try (Arena arena = Arena.ofShared()) {
      GemmProblem problem =
          GemmProblem.of(ROWS, OUT, IN, GemmProblem.randomWeights(arena, OUT, IN));
      assertThatThrownBy(() -> problem.check("zeros", new float[ROWS * OUT], 4e-3))
          .hasMessageContaining("zeros, [0, 0]");
    }
  }
}
