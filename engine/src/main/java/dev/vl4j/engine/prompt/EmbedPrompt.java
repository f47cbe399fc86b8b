package dev.vl4j.engine.prompt;

import dev.vl4j.engine.Content;
import dev.vl4j.engine.EmbedTemplate;
import dev.vl4j.engine.InvalidRequestException;
import dev.vl4j.engine.ModelException;
import dev.vl4j.engine.Truncation;
import dev.vl4j.engine.limits.WorkGuard;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One input of an embedder in the words of a template. As in the model's own script and in vLLM,
 * images precede texts.
 */
public final class EmbedPrompt extends Prompt {
  private final Truncation truncation;
  private final int most;
  private final boolean parseSpecialTokens;

  /** Index of the fragment that may be cut, or -1. */
  private final int text;

  /**
   * @param instruction what the vector is for, or null for the template's default
   * @param parseSpecialTokens whether special-token strings in the instruction and the texts act as
   *     such tokens
   * @param truncation what becomes of the text if the prompt has too many tokens
   * @param most tokens that it may have; of no matter where nothing is cut
   * @throws InvalidRequestException if texts stand for more images than come with them
   */
  public EmbedPrompt(
      EmbedTemplate template,
      Content input,
      @Nullable String instruction,
      boolean parseSpecialTokens,
      Truncation truncation,
      int most) {
    super(parseSpecialTokens);
    this.truncation = truncation;
    this.most = most;
    this.parseSpecialTokens = parseSpecialTokens;
    String said = template.instruction(instruction);
    if (said != null) {
      words(template.beforeInstruction());
      text(said);
      words(template.beforeInput());
    }
    if (input.parts().isEmpty()) {
      text(template.emptyInput());
    }
    text = content(input);
    words(template.end());
  }

  @Override
  public @Nullable TokenizedPrompt tokenize(
      Tokenizer tokenizer, VisualTokens visual, int enough, WorkGuard guard) {
    if (truncation == Truncation.NONE) {
      return super.tokenize(tokenizer, visual, enough, guard);
    }
    TokenizedPrompt whole = super.tokenize(tokenizer, visual, most, guard);
    if (whole != null && whole.ids().length <= most) {
      return whole;
    }
    int[] cut = text < 0 ? null : cut(tokenizer, visual, guard);
    return cut == null ? null : placed(cut, tokenizer, visual);
  }

  /** The tokens that are left, each image still one, or null if none would be left of the text. */
  private int @Nullable [] cut(Tokenizer tokenizer, VisualTokens visual, WorkGuard guard) {
    List<Fragment> fragments = filled(visual);
    int text = this.text + fragments.size() - fragments().size(); // videos stand before the text
    if (tokenizer.encode(fragments.subList(0, text), most, guard) == null) {
      return null; // an instruction can be as long as a text
    }
    int first = text;
    while (first > 0 && fragments.get(first - 1) instanceof Fragment.Text) {
      first--;
    }
    int end = text + 1;
    while (end < fragments.size() && fragments.get(end) instanceof Fragment.Text) {
      end++;
    }
    String before = joined(fragments.subList(first, text));
    String whole = joined(fragments.subList(text, text + 1));
    String after = joined(fragments.subList(text + 1, end));
    boolean keepsEnd = truncation == Truncation.START;
    String beginning = tokenizer.part(whole, false, keepsEnd ? 0 : most, parseSpecialTokens, guard);
    String ending = tokenizer.part(whole, true, keepsEnd ? most : 0, parseSpecialTokens, guard);
    Joined opening = joined(before, beginning, after, tokenizer, guard);
    Joined closing =
        ending.equals(beginning) ? opening : joined(before, ending, after, tokenizer, guard);
    int[] head = tokenizer.encode(fragments.subList(0, first));
    int[] tail = tokenizer.encode(fragments.subList(end, fragments.size()));
    int[] own = keepsEnd ? closing.own() : opening.own();
    long others = visual.sum() - visual.places();
    for (int[] uncut : List.of(head, opening.before(), closing.after(), tail)) {
      others += uncut.length;
    }
    int left = (int) Math.min(own.length, most - others);
    if (left < 1) {
      return null;
    }
    int from = keepsEnd ? own.length - left : 0;
    return Stream.of(
            head,
            opening.before(),
            Arrays.copyOfRange(own, from, from + left),
            closing.after(),
            tail)
        .flatMapToInt(Arrays::stream)
        .toArray();
  }

  /**
   * Tokens of a text between words of the template. A token that holds some of both is the
   * template's.
   *
   * @param before {@code [tokens]} up to the first that is the text's alone
   * @param own {@code [tokens]} of the text alone
   * @param after {@code [tokens]} behind the last that is the text's alone
   */
  @SuppressWarnings("ArrayRecordComponent") // handed through once, never compared
  private record Joined(int[] before, int[] own, int[] after) {}

  private Joined joined(
      String before, String text, String after, Tokenizer tokenizer, WorkGuard guard) {
    TokenSpans spans = tokenizer.spans(before + text + after, parseSpecialTokens, guard);
    int[] ids = spans.ids();
    int from = spans.firstFrom(before.length());
    int to = Math.max(from, spans.endOfThoseUpTo(before.length() + text.length()));
    return new Joined(
        Arrays.copyOf(ids, from),
        Arrays.copyOfRange(ids, from, to),
        Arrays.copyOfRange(ids, to, ids.length));
  }

  private static String joined(List<Fragment> texts) {
    return texts.stream()
        .map(fragment -> ((Fragment.Text) fragment).text())
        .collect(Collectors.joining());
  }

  /**
   * Whether a template can be used with a tokenizer and a model.
   *
   * @param vocabularySize token ids that the model knows
   * @throws ModelException if one of its control tokens is unknown, or stands for an image
   */
  public static void check(EmbedTemplate template, Tokenizer tokenizer, int vocabularySize) {
    check(
        List.of(template.beforeInstruction(), template.beforeInput(), template.end()),
        tokenizer,
        vocabularySize);
  }
}
