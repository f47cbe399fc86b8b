package dev.vl4j.cuda.backend;

import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.testkit.BackendContract;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The backend on a fake GPU does what every backend does. */
class CudaBackendTest extends BackendContract {
  @RegisterExtension final FakeGpus gpus = new FakeGpus();

  @Override
  protected Backend open() {
    return gpus.open();
  }

  /** cuBLASLt may add up a deep row in one chain. */
  @Override
  protected double tolerance(String operation, double usual) {
    return operation.equals("linear") ? 2 * usual : usual;
  }

  /** Gate and up are kept in bfloat16 between their product and the function of both. */
  @Override
  public double gatedRounding(OperandFormat format) {
    return format == OperandFormat.F32 ? 0 : 0x1p-8;
  }
}
