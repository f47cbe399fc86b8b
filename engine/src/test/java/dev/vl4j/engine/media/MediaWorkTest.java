package dev.vl4j.engine.media;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vl4j.engine.OverloadedException;
import dev.vl4j.engine.RequestCancelledException;
import org.junit.jupiter.api.Test;

class MediaWorkTest {
  @Test
  void givesBackWhatIsLeft() {
    MeteredGuard guard = new MeteredGuard();
    try (MediaWork work = new MediaWork(guard)) {
      work.reserve(100);
      work.reserve(10);
      work.release(30);
      assertThat(guard.held()).isEqualTo(80);
    }
    assertThat(guard.held()).isZero();
    assertThat(guard.most()).isEqualTo(110);
  }

  @Test
  void remembersWhatTheGuardThrew() {
    try (MediaWork work = new MediaWork(new MeteredGuard().withBudget(10).withChecks(1))) {
      work.check();
      assertThat(work.stop()).isNull();
      assertThatThrownBy(() -> work.reserve(11))
          .isInstanceOf(OverloadedException.class)
          .isSameAs(work.stop());
      assertThatThrownBy(work::check)
          .isInstanceOf(RequestCancelledException.class)
          .isSameAs(work.stop());
    }
  }
}
