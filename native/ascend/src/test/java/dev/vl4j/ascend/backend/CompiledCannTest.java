package dev.vl4j.ascend.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.vl4j.ascend.driver.AscendException;
import dev.vl4j.ascend.driver.Cann;
import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.DeviceLostException;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.testkit.Seeds;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The backend computes on NPUs in C what it does on those in Java: an independent compiler takes
 * every argument by the types of the header.
 */
@ResourceLock(CompiledCann.LOCK)
class CompiledCannTest {
  @RegisterExtension static final CompiledCann CANN = new CompiledCann();

  @RegisterExtension final FakeNpus npus = new FakeNpus();

  private static List<float[]> compute(Backend backend, AttentionShape shape, boolean causal) {
    try (SmallForward forward = new SmallForward(backend, shape, new Seeds(shape + " " + causal))) {
      return forward.compute(causal);
    }
  }

  /**
   * Sums are in one order in both, and what else differs is a last bit of float32. In bfloat16 that
   * may move a value to the next step, of 2^-8 of itself. Each part adds to what those before it
   * differ by.
   */
  @ParameterizedTest
  @CsvSource({
    "F32, 64, false",
    "F32, 72, false",
    "F32, 128, true",
    "BF16, 64, false",
    "BF16, 72, false",
    "BF16, 72, true",
    "BF16, 128, true"
  })
  void aForwardIsTheTwins(OperandFormat format, int headSize, boolean causal) {
    float scale = (float) (1 / Math.sqrt(headSize));
    AttentionShape shape = new AttentionShape(2, 1, headSize, scale, format);
    List<float[]> found;
    List<float[]> expected;
    try (Backend compiled = CANN.open();
        Backend java = npus.open()) {
      found = compute(compiled, shape, causal);
      expected = compute(java, shape, causal);
    }
    double step = format == OperandFormat.BF16 ? 0x1p-8 : 1e-6;
    assertThat(found).hasSameSizeAs(expected);
    double worst = 0;
    for (int part = 0; part < expected.size(); part++) {
      float[] want = expected.get(part);
      double largest = 0;
      for (float value : want) {
        largest = Math.max(largest, Math.abs(value));
      }
      assertThat(largest).isPositive();
      for (int i = 0; i < want.length; i++) {
        double difference = Math.abs((double) found.get(part)[i] - want[i]) / largest;
        worst = Math.max(worst, difference);
        assertThat(difference)
            .as("part %d, element %d, seed %d", part, i, Seeds.seed())
            .isLessThanOrEqualTo(step * (part + 1));
      }
    }
    System.out.printf(
        "%s, causal %s: C and Java differ by %.2g of the largest, seed %d%n",
        shape, causal, worst, Seeds.seed());
  }

  /** The machine in C finds what no NPU would report. */
  @Test
  void wrongCallsAreFound() {
    Cann cann = new Cann(CANN.library());
    cann.init();
    cann.setDevice(1);
    long freed = cann.allocate(64);
    cann.free(freed);
    assertThatExceptionOfType(AscendException.class).isThrownBy(() -> cann.free(freed));
    assertThat(CANN.takeViolations()).contains("aclrtFree of", "where no allocation");
    long stream = cann.createStream();
    long small = cann.allocate(64);
    cann.fill(small, 0, 65, stream);
    assertThatExceptionOfType(DeviceLostException.class).isThrownBy(() -> cann.synchronize(stream));
    assertThat(CANN.takeViolations()).contains("65 bytes at", "are no memory of this device");
    cann.free(small);
    cann.destroyStream(stream);
    cann.resetDevice(1);
  }
}
