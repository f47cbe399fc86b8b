package dev.vl4j.testkit.delayed;

import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.PackedWeights;
import dev.vl4j.kernels.PreparedStore;

/**
 * The wrapped backend's packed weights.
 *
 * @param packed asked by the device's thread
 */
record DelayedPackedWeights(DelayedBackend backend, PackedWeights packed) implements PackedWeights {
  @Override
  public String layout(OperandFormat operands) {
    backend.requireCallable("layout");
    return backend.stream().call(() -> packed.layout(operands));
  }

  @Override
  public void prepareFrom(PreparedStore store) {
    backend.requireCallable("prepareFrom");
    PreparedStore _ =
        backend.stream()
            .call(() -> {
              packed.prepareFrom(store);
              return store;
            });
  }
}
