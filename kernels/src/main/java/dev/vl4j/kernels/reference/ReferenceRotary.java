package dev.vl4j.kernels.reference;

import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.Operands;
import dev.vl4j.kernels.Rotary;
import dev.vl4j.kernels.RotaryEmbedding;

/**
 * Cosines and sines, with angles in float32 as transformers has them.
 *
 * @param cosine [rows * pairs]
 * @param sine [rows * pairs]
 */
@SuppressWarnings("ArrayRecordComponent") // handed through, never compared
record ReferenceRotary(float[] cosine, float[] sine, int rows, int pairs) implements Rotary {
  static ReferenceRotary of(RotaryEmbedding embedding, int[][] positions) {
    Operands.rotary(embedding, positions);
    int rows = positions.length == 0 ? 0 : positions[0].length;
    int pairs = embedding.pairs();
    float[] cosine = new float[Math.multiplyExact(rows, pairs)];
    float[] sine = new float[rows * pairs];
    for (int row = 0; row < rows; row++) {
      for (int i = 0; i < pairs; i++) {
        float angle = positions[embedding.axes()[i]][row] * embedding.frequencies()[i];
        cosine[row * pairs + i] = (float) Math.cos(angle) * embedding.scale();
        sine[row * pairs + i] = (float) Math.sin(angle) * embedding.scale();
      }
    }
    return new ReferenceRotary(cosine, sine, rows, pairs);
  }

  /** The rotary behind a handle, which must be of this backend. */
  static ReferenceRotary own(Rotary rotary) {
    if (rotary instanceof ReferenceRotary own) {
      return own;
    }
    throw new BackendException("reference: a rotary of another backend: " + rotary.getClass());
  }

  /** Turns the heads of a row. */
  void turn(ReferenceTensor x, int row) {
    for (int head = 0; head < x.columns(); head += 2 * pairs) {
      for (int i = 0; i < pairs; i++) {
        double c = cosine[row * pairs + i];
        double s = sine[row * pairs + i];
        double first = x.get(row, head + i);
        double second = x.get(row, head + pairs + i);
        x.set(row, head + i, first * c - second * s);
        x.set(row, head + pairs + i, second * c + first * s);
      }
    }
  }
}
