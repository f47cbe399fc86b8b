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

  @Test
  void theLongestBodyHasRoomInAnyCase() {
    long more = Runtime.getRuntime().maxMemory();
    BodyMemory.ofHeap(more).take(more);
    assertThatThrownBy(() -> BodyMemory.ofHeap(1).take(more))
        .isInstanceOf(OverloadedException.class);
  }
}
