package dev.vl4j.engine;

import java.util.Collections;
import java.util.List;
import java.util.Objects;

/**
 * The words that a reranker reads around an instruction, a query and a document.
 *
 * @param pieces in order; a query and a document among them exactly once, an instruction at most
 *     once; copied
 * @param defaultInstruction what counts as relevant unless the request says otherwise
 */
public record RerankTemplate(List<Piece> pieces, String defaultInstruction) {
  /** A piece of a template. */
  public sealed interface Piece permits Literal, Placeholder {}

  /**
   * The template's own words.
   *
   * @param text in which control-token strings are control tokens
   */
  public record Literal(String text) implements Piece {
    /**
     * @throws NullPointerException if the text is null
     */
    public Literal {
      Objects.requireNonNull(text, "text");
    }
  }

  /** The place of a part of the request. */
  public enum Placeholder implements Piece {
    /** What counts as relevant. */
    INSTRUCTION,
    /** The query's images and texts. */
    QUERY,
    /** One document's images and texts. */
    DOCUMENT
  }

  /** What both rerankers read before an instruction. */
  private static final Literal BEGINNING =
      new Literal(
          "<|im_start|>system\n"
              + "Judge whether the Document meets the requirements based on the Query and the"
              + " Instruct provided. Note that the answer can only be \"yes\" or"
              + " \"no\".<|im_end|>\n<|im_start|>user\n<Instruct>: ");

  /**
   * What Qwen3-VL-Reranker was trained on, after {@code qwen3_vl_reranker.py}: nothing stands
   * between the instruction and {@code <Query>:}.
   */
  public static final RerankTemplate QWEN3_VL =
      new RerankTemplate(
          List.of(
              BEGINNING,
              Placeholder.INSTRUCTION,
              new Literal("<Query>:"),
              Placeholder.QUERY,
              new Literal("\n<Document>:"),
              Placeholder.DOCUMENT,
              new Literal("<|im_end|>\n<|im_start|>assistant\n")),
          "Given a search query, retrieve relevant candidates that answer the query.");

  /**
   * What Qwen3-Reranker, which reads texts only, was trained on, after its model card: it answers
   * after an empty thought.
   */
  public static final RerankTemplate QWEN3 =
      new RerankTemplate(
          List.of(
              BEGINNING,
              Placeholder.INSTRUCTION,
              new Literal("\n<Query>: "),
              Placeholder.QUERY,
              new Literal("\n<Document>: "),
              Placeholder.DOCUMENT,
              new Literal("<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n")),
          "Given a web search query, retrieve relevant passages that answer the query");

  /**
   * @throws IllegalArgumentException if a placeholder is missing, or there twice
   * @throws NullPointerException if the pieces, one of them or the instruction is null
   */
  public RerankTemplate {
    pieces = Arguments.copyOf("pieces", pieces);
    Objects.requireNonNull(defaultInstruction, "defaultInstruction");
    for (Placeholder placeholder : Placeholder.values()) {
      int places = Collections.frequency(pieces, placeholder);
      if (places > 1 || (places == 0 && placeholder != Placeholder.INSTRUCTION)) {
        throw new IllegalArgumentException(
            "a template with %d places for %s".formatted(places, placeholder));
      }
    }
  }

  /** Whether an instruction has a place in it. */
  public boolean hasInstruction() {
    return pieces.contains(Placeholder.INSTRUCTION);
  }
}
