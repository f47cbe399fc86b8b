package dev.vl4j.server.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class TallyTest {
  private long now;

  private static Answered answered(boolean failed, long end) {
    return new Answered(
        new byte[0], failed ? 0 : 3, failed ? 0 : 40, failed ? "line at " + end : null, end);
  }

  @Test
  void howThingsStand() {
    Tally tally = new Tally("documents", 1000, () -> now);
    assertThat(tally.describe()).isEqualTo("0 lines, 0.0 documents/s");
    now = 2_000_000_000L;
    tally.add(answered(false, 100));
    tally.add(answered(true, 250));
    assertThat(tally.describe())
        .isEqualTo("[#####...............] 25 %, 2/~8 lines, 1.5 documents/s, 1 failed, 6 s left");
    tally.add(answered(false, 1000));
    assertThat(tally.describe()).startsWith("[####################] 100 %, 3/~3 lines");
    assertThat(tally.summary())
        .isEqualTo("3 lines, 1 failed, 6 documents, 80 tokens in 2.0 s, 3.0 documents/s");
  }

  @Test
  void earlierRunsCountButNotForTheSpeed() {
    Tally tally = new Tally("documents", 1000, () -> now);
    tally.begin(new BatchOutput.Earlier(4, 1, 500, List.of(2L)));
    now = 1_000_000_000L;
    assertThat(tally.describe())
        .isEqualTo("[##########..........] 50 %, 4/~8 lines, 0.0 documents/s, 1 failed");
    tally.add(answered(false, 505));
    assertThat(tally.describe()).endsWith("3.0 documents/s, 1 failed, 1 min 39 s left");
    assertThat(tally.lines()).isEqualTo(5);
    assertThat(tally.failed()).isEqualTo(1);
    assertThat(tally.summary()).endsWith("; before: 4 lines, 1 failed");
  }

  @Test
  void theFirstFailuresAreNamed() {
    Tally tally = new Tally("documents", 1000, () -> now);
    assertThat(tally.failures()).isEmpty();
    tally.begin(new BatchOutput.Earlier(4, 2, 500, List.of(2L, 4L)));
    tally.add(answered(true, 510));
    tally.add(answered(false, 520));
    assertThat(tally.failures())
        .containsExactly("line 2: failed before", "line 4: failed before", "line at 510");
    for (int i = 0; i < 4; i++) {
      tally.add(answered(true, 600 + i));
    }
    assertThat(tally.failures())
        .endsWith("line at 510", "line at 600", "line at 601", "2 more failed")
        .hasSize(6);
  }

  @Test
  void withoutALengthThereIsNoBar() {
    Tally tally = new Tally("documents", 0, () -> now);
    now = 1_000_000_000L;
    tally.add(answered(false, 100));
    assertThat(tally.describe()).isEqualTo("1 lines, 3.0 documents/s");
  }
}
