package dev.vl4j.engine.model;

import dev.vl4j.kernels.Tensor;

/** Sees hidden states on their way through a tower; tests compare them with PyTorch's. */
interface LayerObserver {
  /**
   * Called once for each stage of a forward.
   *
   * @param stage a text layer's input, a vision block's output
   * @param hidden [rows, hidden]; valid during the call
   */
  void observe(String stage, Tensor hidden);
}
