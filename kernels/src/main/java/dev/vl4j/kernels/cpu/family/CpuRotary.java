package dev.vl4j.kernels.cpu.family;

import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.Rotary;
import dev.vl4j.kernels.RotaryEmbedding;
import dev.vl4j.kernels.memory.HostTensor;
import java.lang.foreign.ValueLayout;

/**
 * Rotary angles of rows.
 *
 * @param cosine [rows, pairs]
 * @param sine [rows, pairs]
 */
public record CpuRotary(HostTensor cosine, HostTensor sine) implements Rotary {
  /** What a handle stands for, which must be of this backend and open. */
  public static CpuRotary of(Rotary rotary) {
    if (!(rotary instanceof CpuRotary own)) {
      throw new BackendException(
          "expected rotary angles of this backend, found " + rotary.getClass().getSimpleName());
    }
    HostTensor.of(own.cosine);
    return own;
  }

  /**
   * Computes a row's cosines and sines. Angles are float32, as transformers has them.
   *
   * @param positions [axes][rows]
   */
  public void compute(RotaryEmbedding embedding, int[][] positions, int row) {
    for (int pair = 0; pair < embedding.pairs(); pair++) {
      float angle = positions[embedding.axes()[pair]][row] * embedding.frequencies()[pair];
      float cos = (float) Math.cos(angle) * embedding.scale();
      float sin = (float) Math.sin(angle) * embedding.scale();
      cosine.data().set(ValueLayout.JAVA_FLOAT_UNALIGNED, cosine.at(row, pair), cos);
      sine.data().set(ValueLayout.JAVA_FLOAT_UNALIGNED, sine.at(row, pair), sin);
    }
  }

  public CpuRotary rows(int first, int last) {
    return new CpuRotary(cosine.rows(first, last), sine.rows(first, last));
  }

  @Override
  public int rows() {
    return cosine.rows();
  }

  @Override
  public int pairs() {
    return cosine.columns();
  }
}
