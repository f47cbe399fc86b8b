package dev.vl4j.engine.model.config;

/**
 * The language model.
 *
 * @param rope rotary position embeddings
 * @param maxPositions longest prompt that the model was made for, or that YaRN stretches it to
 */
public record TextConfig(
    int hiddenSize,
    int intermediateSize,
    int layers,
    int heads,
    int keyValueHeads,
    int headSize,
    int vocabularySize,
    float normEpsilon,
    TextRope rope,
    int maxPositions) {
  public int querySize() {
    return heads * headSize;
  }

  public int keyValueSize() {
    return keyValueHeads * headSize;
  }
}
