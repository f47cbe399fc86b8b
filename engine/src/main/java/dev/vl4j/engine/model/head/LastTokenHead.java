package dev.vl4j.engine.model.head;

import dev.vl4j.engine.NonFiniteResultException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The hidden state of a prompt's last token itself, as embedders have it. */
public final class LastTokenHead implements Head<float[]> {
  private final int hiddenSize;

  public LastTokenHead(int hiddenSize) {
    this.hiddenSize = hiddenSize;
  }

  /**
   * One vector [hidden] for each row.
   *
   * @throws NonFiniteResultException if an element is no finite number: weights are none, or values
   *     overflow
   */
  @Override
  public List<float[]> results(float[] hidden) {
    List<float[]> vectors = new ArrayList<>();
    for (int from = 0; from < hidden.length; from += hiddenSize) {
      float[] vector = Arrays.copyOfRange(hidden, from, from + hiddenSize);
      for (float value : vector) {
        if (!Float.isFinite(value)) {
          throw new NonFiniteResultException(
              "the model computed %s in a vector: weights of the checkpoint are no finite numbers,"
                      .formatted(value)
                  + " or values overflow");
        }
      }
      vectors.add(vector);
    }
    return vectors;
  }
}
