package dev.vl4j.engine;

/**
 * Which of two published ways leads from a decoded image to what a model sees. They differ in
 * transparency, in orientation, and in the size of strips.
 */
public enum ImageRules {
  /**
   * As {@code fetch_image} of Qwen's own scripts: RGBA is laid over white, everything else goes
   * through Pillow's {@code convert("RGB")}, which drops other kinds of transparency. EXIF
   * orientation is ignored. A strip of 16 pixels or fewer is resized like any other image: one side
   * to 32.
   */
  OFFICIAL,

  /**
   * As vLLM's {@code ImageMediaIO} since the middle of 2026: the EXIF orientation is applied; gray
   * with alpha, transparent palette entries and transparent gray levels are laid over white, too. A
   * transparent color of an RGB image is not, in vLLM either. Such a strip is resized to the
   * smallest area that a model allows, as by Hugging Face's processor.
   */
  VLLM
}
