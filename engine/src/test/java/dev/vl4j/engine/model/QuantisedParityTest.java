package dev.vl4j.engine.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.engine.Precision;
import dev.vl4j.engine.batch.PreparedPrompt;
import dev.vl4j.engine.model.Fixtures.Case;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * Checkpoints in int8 against PyTorch in float32 with the same weights, which are integers times
 * scales.
 */
@Execution(ExecutionMode.CONCURRENT)
class QuantisedParityTest {
  private static final double TOLERANCE = 2e-4;

  /**
   * Layers as small as these turn a rounding that falls the other way into a visible difference:
   * between its two implementations of attention, PyTorch's own figure moves by a sixth.
   */
  private static final double CHANCE = 1.5;

  /** What bfloat16 may cost a logit. */
  private static final double BFLOAT16 = 0.1;

  private interface Check {
    void run(String backend);
  }

  private static Stream<DynamicTest> everywhere(Check check) {
    return Fixtures.BACKENDS.stream()
        .map(backend -> DynamicTest.dynamicTest(backend, () -> check.run(backend)));
  }

  @TestFactory
  Stream<DynamicTest> float32AgreesWithPyTorch() {
    return everywhere(backend -> {
      for (String checkpoint : Fixtures.QUANTISED) {
        List<Case> cases = Fixtures.cases(checkpoint);
        double[] errors = errors(checkpoint, backend, Precision.F32);
        new Errors(errors).print("%s on %s, float32 operands".formatted(checkpoint, backend));
        for (int i = 0; i < errors.length; i++) {
          assertThat(errors[i])
              .as("%s %s", checkpoint, cases.get(i).name())
              .isLessThanOrEqualTo(TOLERANCE * Math.max(1, Math.abs(cases.get(i).number("logit"))));
        }
      }
    });
  }

  /** The peer is the format's own arithmetic, with bfloat16 between the layers, in PyTorch. */
  @TestFactory
  Stream<DynamicTest> int8ErrsAsTheFormatDoes() {
    return everywhere(backend -> {
      Errors peer = peer("logit_w8a8_bf16");
      peer.print("PyTorch in bf16 with activations of quantised layers in 8 bits");
      peer("logit_w8a8").print("PyTorch in float32 with activations of quantised layers in 8 bits");
      for (Precision precision : List.of(Precision.INT8, Precision.AUTO)) {
        Errors own = pooled(backend, precision);
        own.print("W8A8, %s on %s".formatted(precision, backend));
        assertThat(own.mean()).as("%s: mean", precision).isLessThan(CHANCE * peer.mean());
        assertThat(own.largest()).as("%s: largest", precision).isLessThan(CHANCE * peer.largest());
      }
    });
  }

  @TestFactory
  Stream<DynamicTest> bfloat16IsNotFarOff() {
    return everywhere(backend -> {
      Errors own = pooled(backend, Precision.BF16);
      own.print("W8A8, bf16 on %s".formatted(backend));
      assertThat(own.largest()).isLessThan(BFLOAT16);
    });
  }

  @TestFactory
  Stream<DynamicTest> logitIsBitwiseTheSameInAnyBatchOnAnyThreads() {
    return everywhere(backend -> {
      for (String checkpoint : Fixtures.QUANTISED) {
        for (Precision precision : EnumSet.complementOf(EnumSet.of(Precision.FP8))) {
          double[] alone = logits(checkpoint, backend, 1, precision, 1);
          double[] together = logits(checkpoint, backend, 2, precision, 1 << 20);
          assertThat(together).as("%s %s", checkpoint, precision).isEqualTo(alone);
        }
      }
    });
  }

  private static double[] logits(
      String checkpoint, String backend, int threads, Precision precision, int budget) {
    try (TestModel model = Fixtures.open(checkpoint, backend, threads, precision)) {
      model.setBudget(budget);
      List<PreparedPrompt> prompts = new ArrayList<>();
      for (Case test : Fixtures.cases(checkpoint)) {
        prompts.add(test.prepare());
      }
      return model.logits(prompts);
    }
  }

  /** One for each case of a checkpoint. */
  private static double[] errors(String checkpoint, String backend, Precision precision) {
    double[] errors = logits(checkpoint, backend, 2, precision, 4096);
    List<Case> cases = Fixtures.cases(checkpoint);
    for (int i = 0; i < errors.length; i++) {
      errors[i] = Math.abs(errors[i] - cases.get(i).number("logit"));
    }
    return errors;
  }

  /** Of all checkpoints. */
  private static Errors pooled(String backend, Precision precision) {
    return new Errors(
        Fixtures.QUANTISED.stream()
            .flatMapToDouble(checkpoint -> Arrays.stream(errors(checkpoint, backend, precision)))
            .toArray());
  }

  private static Errors peer(String field) {
    return new Errors(
        Fixtures.QUANTISED.stream()
            .flatMap(checkpoint -> Fixtures.cases(checkpoint).stream())
            .mapToDouble(test -> Math.abs(test.number(field) - test.number("logit")))
            .toArray());
  }

  private record Errors(double[] values) {
    double mean() {
      double sum = 0;
      for (double value : values) {
        sum += value;
      }
      return sum / values.length;
    }

    double largest() {
      double largest = 0;
      for (double value : values) {
        largest = Math.max(largest, value);
      }
      return largest;
    }

    /** The figures of the accuracy log's table. */
    void print(String what) {
      System.out.printf(
          "parity: %s: logit error mean %.1e, largest %.1e over %d cases%n",
          what, mean(), largest(), values.length);
    }
  }
}
