package dev.vl4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.DType;
import dev.vl4j.kernels.HostMatrix;
import dev.vl4j.kernels.Linear;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.cpu.NeonBackend;
import java.util.List;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Packing, tiling and all else around the products of aarch64, which an interpreter computes. */
@EnabledIfSystemProperty(
    named = "tests.thorough",
    matches = "true",
    disabledReason = "an interpreter takes minutes for it: -Dtests.thorough=true")
class NeonBackendTest extends BackendContract {
  @Override
  protected Backend open() {
    return NeonBackend.open(2);
  }

  /** Else the other tests would quietly test another tier. */
  @ParameterizedTest
  @EnumSource(names = {"BF16", "INT8"})
  void padsDepthToGroupsOfEightBytes(OperandFormat format) {
    assertThat(backend().description()).contains("products neon-bf16");
    HostMatrix matrix = Seeds.matrix("weight", new float[] {1}, DType.BF16, 1, 1);
    try (Linear linear = backend().prepare(List.of(matrix), format)) {
      int stepsAndCompensation = format == OperandFormat.INT8 ? 2 * 32 * 4 : 0;
      assertThat(linear.bytes()).isEqualTo(8 * 32 + stepsAndCompensation);
    }
  }
}
