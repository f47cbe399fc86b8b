package dev.vl4j.engine;

/**
 * Which of two published ways leads from a decoded image to red, green and blue. They differ in
 * transparency and orientation only.
 */
public enum ImageRules {
  /**
   * As {@code fetch_image} of Qwen's own scripts: RGBA is laid over white, everything else goes
   * through Pillow's {@code convert("RGB")}, which drops other kinds of transparency. EXIF
   * orientation is ignored.
   */
  OFFICIAL,

  /**
   * As vLLM's {@code ImageMediaIO} since the middle of 2026: the EXIF orientation is applied; gray
   * with alpha, transparent palette entries and transparent gray levels are laid over white, too. A
   * transparent color of an RGB image is not, in vLLM either.
   */
  VLLM
}
