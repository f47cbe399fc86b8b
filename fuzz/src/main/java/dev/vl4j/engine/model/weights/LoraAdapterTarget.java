package dev.vl4j.engine.model.weights;

import dev.vl4j.engine.ModelException;
import dev.vl4j.fuzz.Scratch;
import dev.vl4j.loader.Checkpoint;
import dev.vl4j.loader.LoaderException;
import java.io.IOException;
import java.util.Arrays;

/**
 * An adapter's folder for a model of two matrices. An input is {@code adapter_config.json}, a zero
 * byte and {@code adapter_model.safetensors}.
 */
public final class LoraAdapterTarget {
  private static final byte[] BASE =
      Scratch.safetensors(
          """
          {"model.language_model.layers.0.self_attn.q_proj.weight":\
          {"dtype":"F32","shape":[4,3],"data_offsets":[0,48]},\
          "model.language_model.layers.0.self_attn.v_proj.weight":\
          {"dtype":"BF16","shape":[2,3],"data_offsets":[48,60]}}\
          """,
          60);

  private final Scratch base = new Scratch();
  private final Scratch adapter = new Scratch();

  /**
   * Opens the adapter, and applies it to both matrices.
   *
   * @throws LoaderException if it is damaged
   * @throws ModelException if it does not fit
   */
  public void read(byte[] input) throws IOException {
    int end = 0;
    while (end < input.length && input[end] != 0) {
      end++;
    }
    adapter.file("adapter_config.json", Arrays.copyOf(input, end));
    adapter.file(
        "adapter_model.safetensors",
        Arrays.copyOfRange(input, Math.min(end + 1, input.length), input.length));
    base.file("model.safetensors", BASE);
    try (Checkpoint checkpoint = Checkpoint.open(base.folder());
        LoraAdapter opened = LoraAdapter.open(adapter.folder(), checkpoint)) {
      for (String name : checkpoint.names()) {
        Object _ = opened.apply(checkpoint.tensor(name));
      }
    }
  }
}
