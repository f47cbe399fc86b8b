package dev.vl4j.cuda;

import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.testkit.BackendContract;
import org.junit.jupiter.api.BeforeAll;

/** The backend on a GPU does what every backend does. Is skipped, with a message, without one. */
class DeviceContractTest extends BackendContract {
  @BeforeAll
  static void requireDevice() {
    OpenedBackend.require();
  }

  @Override
  protected Backend open() {
    return OpenedBackend.open(2);
  }

  /** Gate and up are kept in bfloat16 between their product and the function of both. */
  @Override
  public double gatedRounding(OperandFormat format) {
    return format == OperandFormat.F32 ? 0 : 0x1p-8;
  }

  /** Products of 8-bit floating point may be added up with some 14 bits. */
  @Override
  public double sumRounding(OperandFormat format) {
    return format == OperandFormat.FP8 ? 0x1p-11 : super.sumRounding(format);
  }
}
