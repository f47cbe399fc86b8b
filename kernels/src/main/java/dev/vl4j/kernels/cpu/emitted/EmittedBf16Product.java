package dev.vl4j.kernels.cpu.emitted;

import dev.vl4j.kernels.Epilogue;
import dev.vl4j.kernels.Operand;
import dev.vl4j.kernels.x86.MachineCode;

/** A linear layer of bfloat16 operands, on emitted kernels. */
final class EmittedBf16Product extends EmittedProduct {
  private final EmittedOutput output;

  EmittedBf16Product(
      MachineCode code, PackedOperand x, EmittedBf16Linear weight, Epilogue epilogue, Operand out) {
    super(
        code,
        code.bf16().products(),
        weight.memory(),
        weight.panels(),
        x.rows(),
        weight.depthBytes(),
        x.data().address());
    output = new EmittedOutput(code, false, epilogue, weight.gated(), out);
  }

  @Override
  void finish(Finished finished, Workspace workspace) {
    output.write(finished, workspace.frame());
  }

  @Override
  int run(int first, int last) {
    return output.run(first, last);
  }
}
