package dev.vl4j.engine.prompt;

/** A piece of a prompt before it is tokenized. */
public sealed interface Fragment {
  /** One added token of the tokenizer, such as {@code <|im_start|>}. */
  record Control(String token) implements Fragment {}

  /**
   * Text; neighbours are joined before they are encoded, so that words merge across them.
   *
   * @param parseSpecialTokens whether special-token strings in the text act as such tokens; else
   *     they are encoded like any other text
   */
  record Text(String text, boolean parseSpecialTokens) implements Fragment {
    public Text(String text) {
      this(text, false);
    }
  }

  /** Text that is encoded on its own, whatever stands beside it. */
  record Apart(String text) implements Fragment {}

  /**
   * The place of a video, which is its times and slices once it has been read.
   *
   * @param index among the prompt's videos
   */
  record Video(int index) implements Fragment {}
}
