package dev.vl4j.engine.model;

import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.Tensor;

/**
 * Cosines and sines of rotary position embeddings, with angles in float32 as the reference
 * implementation has them.
 *
 * @param cosine [rows, headSize / 2]
 * @param sine [rows, headSize / 2]
 */
record Rotary(Tensor cosine, Tensor sine) implements AutoCloseable {
  /** {@code theta^(-2i / size)} for {@code i < size / 2}. */
  static float[] inverseFrequencies(double theta, int size) {
    float[] frequencies = new float[size / 2];
    for (int i = 0; i < frequencies.length; i++) {
      frequencies[i] = 1 / power(theta, i, size);
    }
    return frequencies;
  }

  /** {@code theta^(2i / size)}, with the exponent in float32. */
  static float power(double theta, int i, int size) {
    return (float) Math.pow(theta, (float) (2 * i) / size);
  }

  /**
   * @param angles [rows][pairs], row-major
   * @param scale what cosines and sines are multiplied with
   */
  static Rotary of(Backend backend, float[] angles, int rows, int pairs, float scale) {
    float[] cosine = new float[angles.length];
    float[] sine = new float[angles.length];
    for (int i = 0; i < angles.length; i++) {
      cosine[i] = (float) Math.cos(angles[i]) * scale;
      sine[i] = (float) Math.sin(angles[i]) * scale;
    }
    return new Rotary(backend.upload(cosine, rows, pairs), backend.upload(sine, rows, pairs));
  }

  @Override
  public void close() {
    cosine.close();
    sine.close();
  }
}
