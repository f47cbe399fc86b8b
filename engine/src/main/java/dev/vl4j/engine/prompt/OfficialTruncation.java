package dev.vl4j.engine.prompt;

import dev.vl4j.engine.RerankTemplate;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/**
 * Cuts prompts that are too long as Qwen's own script of the reranker does: the end of the template
 * stays; of all before it, every special token stays, and so do the first others, as many as there
 * is room for. Images are special tokens, so none is ever cut, and a prompt of many may stay longer
 * than it should.
 */
public final class OfficialTruncation {
  private final BitSet special;
  private final int suffix;
  private final int maxLength;

  private OfficialTruncation(BitSet special, int suffix, int maxLength) {
    this.special = special;
    this.suffix = suffix;
    this.maxLength = maxLength;
  }

  /**
   * For the prompts of a template.
   *
   * @param maxLength tokens before the end of the template
   */
  public static OfficialTruncation of(RerankTemplate template, Tokenizer tokenizer, int maxLength) {
    int suffix = 0;
    if (template.pieces().getLast() instanceof RerankTemplate.Literal end) {
      suffix = tokenizer.encode(List.of(new Fragment.Text(end.text(), true))).length;
    }
    return new OfficialTruncation(tokenizer.specialIds(), suffix, maxLength);
  }

  /** What is left of a prompt. */
  public TokenizedPrompt cut(TokenizedPrompt prompt) {
    int[] ids = prompt.ids();
    int before = ids.length - suffix;
    if (before <= maxLength) {
      return prompt;
    }
    int specials = (int) Arrays.stream(ids, 0, before).filter(special::get).count();
    int others = Math.max(maxLength - specials, 0);
    int[] kept = new int[specials + others + suffix];
    int[] imageStarts = prompt.imageStarts().clone();
    int image = 0;
    int to = 0;
    for (int from = 0; from < before; from++) {
      if (image < imageStarts.length && prompt.imageStarts()[image] == from) {
        imageStarts[image++] = to;
      }
      if (special.get(ids[from]) || others-- > 0) {
        kept[to++] = ids[from];
      }
    }
    System.arraycopy(ids, before, kept, to, suffix);
    return new TokenizedPrompt(kept, imageStarts, prompt.isSlice());
  }
}
