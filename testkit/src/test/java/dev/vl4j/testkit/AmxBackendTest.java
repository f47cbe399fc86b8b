package dev.vl4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.DType;
import dev.vl4j.kernels.HostMatrix;
import dev.vl4j.kernels.Linear;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.cpu.AmxBackend;
import dev.vl4j.kernels.x86.MachineCode;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Packing, tiling and all else around the products, with AMX's tiles of 32 rows. */
class AmxBackendTest extends BackendContract {
  @Override
  protected Backend open() {
    return AmxBackend.open(2);
  }

  /** Else the other tests would quietly test another tier. */
  @ParameterizedTest
  @EnumSource(names = {"BF16", "INT8"})
  void padsDepthToTheTilesStep(OperandFormat format) {
    assumeTrue(
        format == OperandFormat.INT8 || MachineCode.get().hasBf16(),
        "bf16 products are not tested here: this processor has no kernels to round with");
    HostMatrix matrix = Seeds.matrix("weight", new float[] {1}, DType.BF16, 1, 1);
    try (Linear linear = backend().prepare(List.of(matrix), format)) {
      int stepsAndCompensation = format == OperandFormat.INT8 ? 2 * 32 * 4 : 0;
      assertThat(linear.bytes()).isEqualTo(64 * 32 + stepsAndCompensation);
    }
  }
}
