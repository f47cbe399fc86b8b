package dev.vl4j.bench.attack;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.testkit.Seeds;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Quick attacks, briefly. Answers, statuses and survival are held to the letter; the bars of time
 * are wide, since a machine that builds is no place to measure. {@code bench/attack} measures.
 */
@Execution(ExecutionMode.CONCURRENT)
class AttackTest {
  private static final List<String> QUICK =
      List.of(
          "marks",
          "gif-screens",
          "webp-broken",
          "pdf-forms",
          "stopped-bodies",
          "smuggling",
          "end-body",
          "time-body");
  private static final double SECONDS = 2;
  private static final double SLACK = 20;

  /** Three of those that are quick, others in each run; all with {@code tests.thorough=true}. */
  static List<String> attacks() {
    return new Seeds("AttackTest").some(3, QUICK);
  }

  @ParameterizedTest
  @MethodSource("attacks")
  void theServerHolds(String name) throws IOException, InterruptedException {
    List<Attack> one = AttackCommand.chosen(AttackCommand.all(), name);
    List<String> missed =
        AttackCommand.run(
            one,
            SECONDS + EndAttacks.TIME_LIMIT,
            "1g",
            Trial.Pace.BRIEF,
            Bars.QUIET_MACHINE.times(SLACK),
            System.out);
    assertThat(missed).isEmpty();
  }
}
