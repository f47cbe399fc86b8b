package dev.vl4j.engine;

/**
 * What becomes of a prompt that has too many tokens. Only the input's text is ever cut, between
 * tokens, as vLLM cuts prompts; images, the instruction and the template's words stay.
 */
public enum Truncation {
  /** It is refused. */
  NONE,

  /** The text loses its last tokens, so that the prompt has just as many as it may have. */
  END,

  /** The text loses its first tokens, so that the prompt has just as many as it may have. */
  START
}
