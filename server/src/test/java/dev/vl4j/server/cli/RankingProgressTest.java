package dev.vl4j.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.engine.ForwardReport;
import dev.vl4j.engine.WorkReport;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class RankingProgressTest {
  private static ForwardReport forward(int prompts) {
    return new ForwardReport(prompts, 1, new WorkReport(1, 0, 0, 0), Duration.ofSeconds(1));
  }

  @Test
  void rateAndTimeLeft() {
    AtomicLong now = new AtomicLong(1_000_000_000_000L);
    RankingProgress progress = new RankingProgress(500, now::get);
    now.addAndGet(90_000_000_000L); // for opening the model, which is not counted
    progress.begin();
    assertThat(progress.describe()).isEqualTo("ranking 500 documents");
    now.addAndGet(30_000_000_000L);
    assertThat(progress.describe()).isEqualTo("ranking 500 documents");
    progress.forwardFinished(forward(0));
    progress.forwardFinished(forward(32));
    progress.forwardFinished(forward(28));
    assertThat(progress.describe())
        .isEqualTo("ranking, 60/500 documents, 2.0 documents/s, 3 min 40 s left");
    progress.forwardFinished(forward(440));
    assertThat(progress.describe()).endsWith("500/500 documents, 16.7 documents/s, 0 s left");
  }
}
