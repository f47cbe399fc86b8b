package dev.vl4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.Tensor;
import dev.vl4j.kernels.reference.ReferenceBackend;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Runs a program on the backend under test and on the reference, and compares what they compute.
 */
public final class Twin {
  private static final ReferenceBackend REFERENCE = new ReferenceBackend();

  /** What a backend's class allows it, of what is usual. */
  interface Allowance {
    double of(String operation, double usual);
  }

  private final Backend tested;
  private final Allowance allowance;

  Twin(Backend tested, Allowance allowance) {
    this.tested = tested;
    this.allowance = allowance;
  }

  /** The backend under test. */
  public Backend tested() {
    return tested;
  }

  /** What the reference computes. */
  static float[] truth(Function<TestForward, Tensor> program) {
    return TestForward.values(
            REFERENCE,
            test -> test.result("truth", "truth", program.apply(test), TestForward.Tolerance.EXACT))
        .getFirst();
  }

  /** Runs a program twice. It must draw no random numbers. */
  public void compare(Consumer<TestForward> program) {
    List<TestForward.Result> got = TestForward.run(tested, program);
    List<TestForward.Result> want = TestForward.run(REFERENCE, program);
    assertThat(got).hasSameSizeAs(want).isNotEmpty();
    for (int i = 0; i < got.size(); i++) {
      compare(got.get(i), want.get(i));
    }
  }

  private void compare(TestForward.Result result, TestForward.Result truth) {
    assertThat(result.values()).as(result.what()).hasSameSizeAs(truth.values());
    for (int i = 0; i < truth.values().length; i++) {
      int row = i / truth.columns();
      int column = i % truth.columns();
      float got = result.values()[i];
      float want = truth.values()[i];
      double allowed = allowance.of(truth.operation(), truth.tolerance().at(row, column, want));
      // Written so that a NaN is a failure.
      if (!(Math.abs((double) got - want) <= allowed)) {
        fail(
            "%s [%d, %d]: %s, expected %s +- %.3g, seed %d",
            truth.what(), row, column, got, want, allowed, Seeds.seed());
      }
    }
  }
}
