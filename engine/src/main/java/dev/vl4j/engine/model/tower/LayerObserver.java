package dev.vl4j.engine.model.tower;

import dev.vl4j.kernels.Forward;
import dev.vl4j.kernels.Tensor;

/** Sees hidden states on their way through a tower; tests compare them with PyTorch's. */
public interface LayerObserver {
  /**
   * Called once for each stage of a forward.
   *
   * @param stage a text layer's input, a vision block's output
   * @param forward that the hidden states belong to
   * @param hidden [rows, hidden], as they are during the call
   */
  void observe(String stage, Forward forward, Tensor hidden);
}
