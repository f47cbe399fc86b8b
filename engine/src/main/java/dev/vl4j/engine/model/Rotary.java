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
      float exponent = (float) (2 * i) / size;
      frequencies[i] = 1f / (float) Math.pow(theta, exponent);
    }
    return frequencies;
  }

  /**
   * @param angles [rows][pairs], row-major
   */
  static Rotary of(Backend backend, float[] angles, int rows, int pairs) {
    float[] cosine = new float[angles.length];
    float[] sine = new float[angles.length];
    for (int i = 0; i < angles.length; i++) {
      cosine[i] = (float) Math.cos(angles[i]);
      sine[i] = (float) Math.sin(angles[i]);
    }
    return new Rotary(backend.upload(cosine, rows, pairs), backend.upload(sine, rows, pairs));
  }

  @Override
  public void close() {
    cosine.close();
    sine.close();
  }
}
