package dev.vl4j.engine.model.head;

import java.util.List;

/**
 * What a model's final hidden states become: a score, for example.
 *
 * @param <R> the result of one prompt
 */
public interface Head<R> {
  /**
   * One result for each row.
   *
   * @param hidden [rows][hidden], row-major: the final hidden states of the prompts' last tokens,
   *     normed
   */
  List<R> results(float[] hidden);
}
