package dev.vl4j.ascend;

import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.testkit.BackendContract;
import org.junit.jupiter.api.BeforeAll;

/** The backend on an NPU does what every backend does. Is skipped, with a message, without one. */
class DeviceContractTest extends BackendContract {
  @BeforeAll
  static void requireDevice() {
    OpenedBackend.require();
  }

  @Override
  protected Backend open() {
    return OpenedBackend.open(2);
  }

  /** CANN may add up a deep row in one chain. */
  @Override
  protected double tolerance(String operation, double usual) {
    return operation.equals("linear") ? 2 * usual : usual;
  }

  /** Products and attention of bfloat16 are bfloat16. */
  @Override
  public double resultRounding(OperandFormat format) {
    return format == OperandFormat.BF16 ? 0x1p-8 : 0;
  }

  /** Gate and up are kept in bfloat16 between their product and the function of both. */
  @Override
  public double gatedRounding(OperandFormat format) {
    return format == OperandFormat.BF16 ? 0x1p-8 : 0;
  }
}
