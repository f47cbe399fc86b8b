package dev.vl4j.engine;

import java.util.Collections;
import java.util.List;

/**
 * The words that a reranker reads around an instruction, a query and a document.
 *
 * @param pieces in order; a query and a document among them exactly once, an instruction at most
 *     once
 * @param defaultInstruction what counts as relevant unless the request says otherwise
 */
public record RerankTemplate(List<Piece> pieces, String defaultInstruction) {
  /** A piece of a template. */
  public sealed interface Piece permits Words, Slot {}

  /** The template's own words, in which control-token strings are control tokens. */
  public record Words(String text) implements Piece {}

  /** A place for something of the request's. */
  public enum Slot implements Piece {
    INSTRUCTION,
    QUERY,
    DOCUMENT
  }

  /**
   * What Qwen3-VL-Reranker was trained on, after {@code qwen3_vl_reranker.py}: nothing stands
   * between the instruction and {@code <Query>:}.
   */
  public static final RerankTemplate QWEN3_VL =
      new RerankTemplate(
          List.of(
              new Words(
                  "<|im_start|>system\n"
                      + "Judge whether the Document meets the requirements based on the Query and"
                      + " the Instruct provided. Note that the answer can only be \"yes\" or"
                      + " \"no\".<|im_end|>\n<|im_start|>user\n<Instruct>: "),
              Slot.INSTRUCTION,
              new Words("<Query>:"),
              Slot.QUERY,
              new Words("\n<Document>:"),
              Slot.DOCUMENT,
              new Words("<|im_end|>\n<|im_start|>assistant\n")),
          "Given a search query, retrieve relevant candidates that answer the query.");

  /**
   * @throws IllegalArgumentException if a place is missing, or there twice
   */
  public RerankTemplate {
    pieces = List.copyOf(pieces);
    for (Slot slot : Slot.values()) {
      int places = Collections.frequency(pieces, slot);
      if (places > 1 || (places == 0 && slot != Slot.INSTRUCTION)) {
        throw new IllegalArgumentException(
            "a template with %d places for %s".formatted(places, slot));
      }
    }
  }

  /** Whether an instruction has a place in it. */
  public boolean hasInstruction() {
    return pieces.contains(Slot.INSTRUCTION);
  }
}
