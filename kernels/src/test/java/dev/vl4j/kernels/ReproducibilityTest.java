package dev.vl4j.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReproducibilityTest {
  @Test
  void aClassHasAName() {
    assertThat(Reproducibility.BITWISE).hasToString("bitwise");
    assertThat(Reproducibility.BITWISE.isBitwise()).isTrue();
    assertThat(Reproducibility.tolerant(0x1p-8)).hasToString("tolerant (0.0039)");
    assertThat(Reproducibility.tolerant(0x1p-8).isBitwise()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, -0.1, 1, Double.NaN, Double.POSITIVE_INFINITY})
  void aBoundIsAboveNothingAndBelowOne(double bound) {
    assertThatExceptionOfType(BackendException.class)
        .isThrownBy(() -> Reproducibility.tolerant(bound))
        .withMessageStartingWith("reproducibility: ");
  }

  @Test
  void processorsGiveTheSameBits() {
    assertThat(Backends.capability("cpu", Reproducibility.class)).contains(Reproducibility.BITWISE);
    assertThat(Backends.capability("reference", Reproducibility.class))
        .contains(Reproducibility.BITWISE);
  }
}
