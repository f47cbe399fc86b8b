package dev.vl4j.server.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vl4j.engine.OverloadedException;
import org.junit.jupiter.api.Test;

class BodyMemoryTest {
  @Test
  void whatIsRefusedTakesNothing() {
    BodyMemory memory = new BodyMemory(100);
    memory.take(60);
    assertThatThrownBy(() -> memory.take(41))
        .isInstanceOf(OverloadedException.class)
        .hasMessageContaining("no more is taken in");
    assertThat(memory.held()).isEqualTo(60);
    memory.take(40);
    memory.give(100);
    assertThat(memory.held()).isZero();
  }

  /** Pictures behind a request's URLs count like its body, and may arrive when it is over. */
  @Test
  void aRequestGivesBackWhatItTook() {
    BodyMemory memory = new BodyMemory(100);
    RequestBody body = new RequestBody(null, 1, memory);
    body.take(60);
    body.take(40);
    assertThatThrownBy(() -> body.take(1)).isInstanceOf(OverloadedException.class);
    assertThat(memory.held()).isEqualTo(100);
    body.release();
    assertThat(memory.held()).isZero();
    assertThatThrownBy(() -> body.take(1)).isInstanceOf(IllegalStateException.class);
    assertThat(memory.held()).isZero();
  }

  @Test
  void theLongestBodyHasRoomInAnyCase() {
    long more = Runtime.getRuntime().maxMemory();
    BodyMemory.ofHeap(more).take(more);
    assertThatThrownBy(() -> BodyMemory.ofHeap(1).take(more))
        .isInstanceOf(OverloadedException.class);
  }
}
