package dev.vl4j.bench.proof;

import dev.vl4j.engine.model.config.TextConfig;

/** Floating-point operations that a tower needs, two for each multiplication and addition. */
final class Operations {
  private Operations() {}

  /** Of the text tower on prompts of the same length, without embeddings, norms and head. */
  static double ofText(TextConfig text, int prompts, int tokens) {
    double weights =
        (double) text.hiddenSize() * (text.querySize() + 2.0 * text.keyValueSize())
            + (double) text.querySize() * text.hiddenSize()
            + 3.0 * text.hiddenSize() * text.intermediateSize();
    // A token sees those before it and itself, once for its scores and once for its output.
    double attended = tokens * (tokens + 1.0) / 2 * 2 * text.querySize();
    return 2.0 * text.layers() * prompts * (tokens * weights + attended);
  }
}
