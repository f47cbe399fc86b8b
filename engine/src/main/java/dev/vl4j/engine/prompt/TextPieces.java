package dev.vl4j.engine.prompt;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A text in pieces that are tokenized one by one: its added tokens, and what stands between. */
final class TextPieces {
  private final String text;
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
  TextPieces(String text, @Nullable Pattern added, TextCuts cuts) {
    this.text = text;
    matcher = added == null ? null : added.matcher(text);
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

  /** Goes to the next piece, which is not empty, or says that there is none. */
  boolean next() {
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
    return text.substring(start, end);
  }
}
