package dev.vl4j.engine;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The words that an embedder reads around an instruction and an input. Control-token strings in
 * them are control tokens. The hidden state of the last token is the vector.
 *
 * @param beforeInstruction left out where there is no instruction, as is the instruction itself
 * @param beforeInput between the instruction and the input; left out where there is no instruction
 * @param end after the input
 * @param defaultInstruction what the vector is for unless the request says otherwise, or null for
 *     nothing
 * @param sentence whether a request's instruction is stripped of blanks around it, and ended with a
 *     full stop unless it ends with a punctuation mark
 * @param emptyInput what stands for an input without parts
 */
public record EmbedTemplate(
    String beforeInstruction,
    String beforeInput,
    String end,
    @Nullable String defaultInstruction,
    boolean sentence,
    String emptyInput) {
  /**
   * What Qwen3-VL-Embedding was trained on, after {@code qwen3_vl_embedding.py}. Its tokenizer adds
   * the last token.
   */
  public static final EmbedTemplate QWEN3_VL =
      new EmbedTemplate(
          "<|im_start|>system\n",
          "<|im_end|>\n<|im_start|>user\n",
          "<|im_end|>\n<|im_start|>assistant\n<|endoftext|>",
          "Represent the user's input.",
          true,
          "NULL");

  /**
   * What Qwen3-Embedding, which reads texts only, was trained on, after its model card: documents
   * stand alone, and queries follow an instruction.
   */
  public static final EmbedTemplate QWEN3 =
      new EmbedTemplate("Instruct: ", "\nQuery:", "<|endoftext|>", null, false, "");

  /** Checks that nothing but the default instruction is null. */
  public EmbedTemplate {
    Objects.requireNonNull(beforeInstruction, "beforeInstruction");
    Objects.requireNonNull(beforeInput, "beforeInput");
    Objects.requireNonNull(end, "end");
    Objects.requireNonNull(emptyInput, "emptyInput");
  }

  /**
   * A request's instruction as the model reads it, or what stands for none.
   *
   * <p>As in the model's script, Python's {@code str.strip} says what a blank is, and the Unicode
   * category of the last character whether it is a punctuation mark.
   *
   * @param wanted null for none
   * @return null for nothing
   */
  public @Nullable String instruction(@Nullable String wanted) {
    String asRead = wanted == null || !sentence ? wanted : punctuated(wanted);
    return asRead == null || asRead.isEmpty() ? defaultInstruction : asRead;
  }

  private static String punctuated(String instruction) {
    int from = 0;
    int to = instruction.length();
    while (from < to && isBlank(instruction.charAt(from))) {
      from++;
    }
    while (to > from && isBlank(instruction.charAt(to - 1))) {
      to--;
    }
    String stripped = instruction.substring(from, to);
    return stripped.isEmpty() || isPunctuation(stripped.codePointBefore(stripped.length()))
        ? stripped
        : stripped + ".";
  }

  /** What {@code str.isspace} says in Python. */
  private static boolean isBlank(char c) {
    return Character.isWhitespace(c) || Character.isSpaceChar(c) || c == '\u0085';
  }

  private static boolean isPunctuation(int c) {
    return switch (Character.getType(c)) {
      case Character.CONNECTOR_PUNCTUATION,
          Character.DASH_PUNCTUATION,
          Character.START_PUNCTUATION,
          Character.END_PUNCTUATION,
          Character.INITIAL_QUOTE_PUNCTUATION,
          Character.FINAL_QUOTE_PUNCTUATION,
          Character.OTHER_PUNCTUATION ->
          true;
      default -> false;
    };
  }
}
