package dev.vl4j.engine.prompt;

import dev.vl4j.engine.InvalidRequestException;
import dev.vl4j.engine.limits.WorkGuard;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A text in pieces that are tokenized one by one: its added tokens, and what stands between. */
final class TextPieces {
  /** A text that looks at the guard while it is searched: there may be nothing to find in it. */
  private record Watched(CharSequence text, WorkGuard guard) implements CharSequence {
    private static final int MASK = (1 << 16) - 1;

    @Override
    public char charAt(int index) {
      if ((index & MASK) == 0) {
        guard.check();
      }
      return text.charAt(index);
    }

    @Override
    public int length() {
      return text.length();
    }

    @Override
    public CharSequence subSequence(int start, int end) {
      return text.subSequence(start, end);
    }
  }

  private final CharSequence text;
  private final WorkGuard guard;
  private final @Nullable Matcher matcher;
  private final TextCuts cuts;
  private int addedStart;
  private int addedEnd;
  private int start;
  private int end;
  private boolean added;

  /**
   * @param text in which surrogates come in pairs
   * @param added what finds added tokens, or null if there are none
   */
  TextPieces(CharSequence text, @Nullable Pattern added, TextCuts cuts, WorkGuard guard) {
    this.text = text;
    this.guard = guard;
    matcher = added == null ? null : added.matcher(new Watched(text, guard));
    this.cuts = cuts;
    find();
  }

  private void find() {
    if (matcher != null && matcher.find()) {
      addedStart = matcher.start();
      addedEnd = matcher.end();
    } else {
      addedStart = text.length();
    }
  }

  /**
   * Goes to the next piece, which is not empty, or says that there is none.
   *
   * @throws InvalidRequestException if a piece would be too long to be tokenized
   */
  boolean next() {
    guard.check();
    start = end;
    if (start == text.length()) {
      return false;
    }
    added = start == addedStart;
    if (added) {
      end = addedEnd;
      find();
    } else {
      end = cuts.next(text, start, addedStart);
      if (end < 0) {
        throw new InvalidRequestException(
            "a text has more than %d characters without a place between words to cut it at"
                .formatted(TextCuts.LONGEST));
      }
    }
    return true;
  }

  /** Where the piece begins, in chars. */
  int start() {
    return start;
  }

  /** Where the piece ends, in chars; exclusive. */
  int end() {
    return end;
  }

  /** Whether the piece ends only because it was cut. */
  boolean isCut() {
    return !added && end < addedStart;
  }

  /** Whether the piece is an added token. */
  boolean isAdded() {
    return added;
  }

  String piece() {
    return text.subSequence(start, end).toString();
  }
}
