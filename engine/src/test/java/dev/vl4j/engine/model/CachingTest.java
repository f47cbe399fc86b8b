package dev.vl4j.engine.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.engine.CachingOptions;
import dev.vl4j.engine.Precision;
import dev.vl4j.engine.batch.PreparedPrompt;
import dev.vl4j.engine.model.Fixtures.Case;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Nothing that is left out, kept or shared changes a logit, not in its last bit. */
@Execution(ExecutionMode.CONCURRENT)
class CachingTest {
  private static final long SEED = Long.getLong("tests.seed", System.nanoTime());

  static {
    System.out.println("tests.seed=" + SEED);
  }

  private static final List<CachingOptions> OPTIONS =
      List.of(
          CachingOptions.DEFAULT,
          CachingOptions.NONE.withSharedPrefixes(true),
          CachingOptions.NONE.withTrimmedLastLayer(true),
          CachingOptions.DEFAULT.withPrefixCacheBytes(0),
          CachingOptions.DEFAULT.withPrefixCacheBytes(50_000).withImageCacheBytes(20_000),
          CachingOptions.DEFAULT.withImageCacheBytes(0),
          CachingOptions.DEFAULT.withSharedPrefixes(false));

  private static Stream<DynamicTest> everywhere(List<Precision> precisions, Check check) {
    return Stream.concat(Fixtures.CHECKPOINTS.stream(), Fixtures.QUANTISED.stream())
        .flatMap(checkpoint ->
            precisions.stream()
                .map(precision ->
                    DynamicTest.dynamicTest(
                        "%s in %s, seed %d".formatted(checkpoint, precision, SEED),
                        () -> check.run(checkpoint, precision))));
  }

  private interface Check {
    void run(String checkpoint, Precision precision);
  }

  @TestFactory
  Stream<DynamicTest> noSavingChangesALogit() {
    return everywhere(
        List.of(Precision.F32, Precision.BF16, Precision.INT8),
        (checkpoint, precision) -> {
          List<PreparedPrompt> prompts =
              Fixtures.cases(checkpoint).stream().map(Case::prepare).toList();
          double[] expected = each(checkpoint, precision, prompts);
          Random random = new Random(SEED);
          for (CachingOptions caching : OPTIONS) {
            try (TestModel model = Fixtures.open(checkpoint, "cpu", 2, precision, caching)) {
              for (int round = 0; round < 3; round++) {
                model.setBudget(random.nextInt(1, 600));
                List<Integer> order = shuffled(prompts.size(), random);
                double[] found = model.logits(order.stream().map(prompts::get).toList());
                for (int i = 0; i < found.length; i++) {
                  assertThat(found[i])
                      .as("%s, round %d, prompt %d", caching, round, order.get(i))
                      .isEqualTo(expected[order.get(i)]);
                }
              }
              assertThat(model.model().prefixBytes())
                  .isLessThanOrEqualTo(model.model().maxPrefixBytes());
              assertThat(model.model().imageBytes())
                  .isLessThanOrEqualTo(model.model().maxImageBytes());
            }
          }
        });
  }

  private static double[] each(
      String checkpoint, Precision precision, List<PreparedPrompt> prompts) {
    try (TestModel model = Fixtures.open(checkpoint, "cpu", 1, precision, CachingOptions.NONE)) {
      return prompts.stream().mapToDouble(prompt -> model.logits(List.of(prompt))[0]).toArray();
    }
  }

  /** Some of them more than once. */
  private static List<Integer> shuffled(int count, Random random) {
    List<Integer> order = new ArrayList<>(IntStream.range(0, count).boxed().toList());
    for (int i = 0; i < count / 3; i++) {
      order.add(random.nextInt(count));
    }
    java.util.Collections.shuffle(order, random);
    return order;
  }
}
