package dev.vl4j.engine.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.vl4j.engine.CachingOptions;
import dev.vl4j.engine.Precision;
import dev.vl4j.engine.batch.PreparedPrompt;
import dev.vl4j.engine.model.Fixtures.Case;
import dev.vl4j.engine.model.config.ModelConfig;
import dev.vl4j.engine.model.head.ScoreHead;
import dev.vl4j.kernels.OutOfDeviceMemoryException;
import dev.vl4j.kernels.reference.ReferenceBackend;
import dev.vl4j.loader.ModelDirectory;
import dev.vl4j.testkit.Seeds;
import dev.vl4j.testkit.delayed.DelayedBackend;
import dev.vl4j.testkit.delayed.Faults;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A model that its device has no memory for: nothing of it stays behind. */
class FailedOpeningTest {
  private static ModelForwards<Double> open(
      String checkpoint, DelayedBackend device, Precision precision) {
    ModelDirectory directory = Fixtures.directory(checkpoint);
    ModelConfig config = ModelConfig.read(directory.config());
    return ModelForwards.open(
        config,
        directory,
        device,
        precision,
        weights ->
            ScoreHead.of(
                config,
                weights,
                directory.trueTokenId().orElseThrow(),
                directory.falseTokenId().orElseThrow()),
        null,
        null,
        CachingOptions.DEFAULT);
  }

  /** Whichever of its allocations fails. */
  @ParameterizedTest
  @EnumSource(
      value = Precision.class,
      names = {"F32", "INT8"})
  void leavesNothingBehind(Precision precision) {
    DelayedBackend device = new DelayedBackend(ReferenceBackend::new, 0, Seeds.seed());
    device.setFaults(Faults.NONE);
    open("tied_gqa2", device, precision).close();
    long allocations = device.allocations();
    assertThat(allocations).isGreaterThan(50);
    assertThat(device.live()).isEmpty();
    for (long which = 1; which <= allocations; which++) {
      device.setFaults(Faults.ofAllocation(which));
      assertThatExceptionOfType(OutOfDeviceMemoryException.class)
          .isThrownBy(() -> open("tied_gqa2", device, precision).close());
      assertThat(device.live()).as("allocation %d failed", which).isEmpty();
    }
    device.setFaults(Faults.NONE);
    open("tied_gqa2", device, precision).close();
    device.close();
  }

  /** Two models share a device, and the second one's failure is none of the first's. */
  @Test
  void harmsNoOtherModel() {
    DelayedBackend device = new DelayedBackend(ReferenceBackend::new, 0, Seeds.seed());
    List<PreparedPrompt> prompts =
        Fixtures.cases("tied_gqa2").stream().limit(2).map(Case::prepare).toList();
    try (ModelForwards<Double> first = open("tied_gqa2", device, Precision.F32)) {
      List<Double> logits = first.results(prompts);
      long held = device.memory().held();
      device.setMemory(held + (held >> 2));
      assertThatExceptionOfType(OutOfDeviceMemoryException.class)
          .isThrownBy(() -> open("gqa8_f32", device, Precision.F32));
      assertThat(device.memory().held()).isEqualTo(held);
      assertThat(first.results(prompts)).isEqualTo(logits);
      device.setMemory(1L << 30);
      try (ModelForwards<Double> second = open("gqa8_f32", device, Precision.F32)) {
        assertThat(first.results(prompts)).isEqualTo(logits);
        assertThat(second.model().precision()).isNotNull();
      }
    }
    device.close();
  }
}
