package dev.vl4j.cuda.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class AttentionKindTest {
  @Test
  void aBlockTakesSeveralShortItems() {
    assertThat(AttentionKind.HOPPER.blocks(2048, 512, 132)).isEqualTo(132);
    assertThat(AttentionKind.HOPPER.blocks(100, 512, 132)).isEqualTo(100);
  }

  @Test
  void aLongItemHasABlockOfItsOwn() {
    assertThat(AttentionKind.HOPPER.blocks(2048, 513, 132)).isEqualTo(2048);
    assertThat(AttentionKind.TENSOR_CORE.blocks(2048, 128, 132)).isEqualTo(2048);
    assertThat(AttentionKind.PLAIN.blocks(2048, 128, 132)).isEqualTo(2048);
  }
}
