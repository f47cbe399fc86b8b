package dev.vl4j.kernels.x86;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.kernels.tier.Feature;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TilePermissionTest {
  @ParameterizedTest
  @CsvSource({
    "1, this process may not ask",
    "22, from 5.16 on",
    "28, signal stack is too small",
    "95, does not support them",
    "38, errno 38",
  })
  void saysWhyItIsRefused(int errno, String expected) {
    assertThat(TilePermission.refusal(() -> errno))
        .startsWith("the system refuses tiles: arch_prctl(ARCH_REQ_XCOMP_PERM)")
        .contains("errno " + errno)
        .contains(expected);
    assertThat(TilePermission.refusal(() -> 0)).isEmpty();
  }

  /** The real call: a processor without tiles is refused, with the system's reason. */
  @Test
  void asksTheSystem() {
    boolean processorHasTiles = Processor.features().contains(Feature.AMX_TILE);
    String refusal = TilePermission.refusal();
    if (processorHasTiles) {
      assertThat(refusal).doesNotContain("does not support them");
    } else {
      assertThat(refusal).isNotEmpty();
    }
  }
}
