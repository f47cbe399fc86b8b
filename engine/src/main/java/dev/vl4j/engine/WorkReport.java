package dev.vl4j.engine;

/**
 * What was computed, for one request or in one forward, and what did not have to be.
 *
 * @param computedTokens that went through the language model
 * @param sharedTokens that did not have to, since another prompt has the same prefix
 * @param encodedImages that went through the vision tower
 * @param reusedImages that did not have to, since they did before
 */
public record WorkReport(
    int computedTokens, int sharedTokens, int encodedImages, int reusedImages) {
  /** Tokens of all prompts, each counted in full, as vLLM counts them. */
  public int promptTokens() {
    return computedTokens + sharedTokens;
  }
}
