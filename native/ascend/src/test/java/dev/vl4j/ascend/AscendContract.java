package dev.vl4j.ascend;

import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.testkit.BackendContract;

/** What every backend does, as exactly as CANN's operators do it. */
public abstract class AscendContract extends BackendContract {
  /** For the backend on one kind of machine. */
  protected AscendContract() {}

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
