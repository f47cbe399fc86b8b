package dev.vl4j.engine.model;

import dev.vl4j.kernels.Tensor;

/** Sees hidden states on their way through a tower; tests compare them with PyTorch's. */
interface LayerObserver {
  /**
   * @param stage {@code hidden0} is the first text layer's input, {@code hiddenN} the output of
   *     layer {@code N - 1}; {@code vision.input} and {@code vision.blockN} likewise
   * @param hidden [rows, hidden]; valid during the call
   */
  void observe(String stage, Tensor hidden);
}
