package dev.vl4j.search;

import java.text.BreakIterator;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Cuts a text in pieces: between paragraphs where one ends in the second half of what a piece may
 * have, or else between sentences, words, or at worst characters as people count them. Blanks
 * around a piece belong to none.
 */
final class TextPieces {
  /** Code units around a place that tell where a character ends, however it is composed. */
  private static final int AROUND = 64;

  /**
   * A piece.
   *
   * @param text without blanks around it
   */
  record Piece(String text, TextSpan span) {}

  private final String text;
  private final int most;
  private final List<Piece> pieces = new ArrayList<>();

  // How far characters and lines are counted.
  private int counted;
  private long points;
  private int line = 1;

  private TextPieces(String text, int most) {
    this.text = text;
    this.most = most;
  }

  /**
   * The pieces in their order, none for a text of blanks.
   *
   * @param most code points of a piece
   */
  static List<Piece> of(String text, int most) {
    TextPieces cut = new TextPieces(text, most);
    cut.run();
    return cut.pieces;
  }

  private void run() {
    int start = skipBlanks(0);
    while (start < text.length()) {
      int end = end(start);
      add(start, endWithoutBlanks(start, end));
      start = skipBlanks(end);
    }
  }

  private void add(int start, int end) {
    countTo(start);
    long firstPoint = points;
    int firstLine = line;
    countTo(end);
    pieces.add(
        new Piece(text.substring(start, end), new TextSpan(firstPoint, points, firstLine, line)));
  }

  private void countTo(int place) {
    points += text.codePointCount(counted, place);
    for (int i = counted; i < place; i++) {
      line += text.charAt(i) == '\n' ? 1 : 0;
    }
    counted = place;
  }

  /** Where the piece from a place on ends. */
  private int end(int start) {
    int length = text.length();
    if (length - start <= most || text.codePointCount(start, length) <= most) {
      return length;
    }
    int limit = text.offsetByCodePoints(start, most);
    int least = start + (limit - start) / 2;
    int cut = afterParagraph(least, limit);
    if (cut < 0) {
      cut = afterSentence(start, least, limit);
    }
    if (cut < 0) {
      cut = afterBlank(least, limit);
    }
    return cut < 0 ? afterCharacter(start, limit) : cut;
  }

  /** Behind the last line without a word between two places, or -1. */
  private int afterParagraph(int least, int limit) {
    for (int i = limit; i > least; i--) {
      if (text.charAt(i - 1) == '\n') {
        int before = i - 2;
        while (before > least && text.charAt(before) != '\n' && isBlank(text.charAt(before))) {
          before--;
        }
        if (before >= least && text.charAt(before) == '\n') {
          return i;
        }
      }
    }
    return -1;
  }

  private int afterSentence(int start, int least, int limit) {
    BreakIterator sentences = BreakIterator.getSentenceInstance(Locale.ROOT);
    String window = text.substring(start, limit + 1); // the text goes on behind the limit
    sentences.setText(window);
    int cut = start + Math.max(0, sentences.preceding(window.length()));
    return cut > least ? cut : -1;
  }

  private int afterBlank(int least, int limit) {
    for (int i = limit; i > least; i--) {
      if (isBlank(text.charAt(i - 1))) {
        return i;
      }
    }
    return -1;
  }

  private int afterCharacter(int start, int limit) {
    int from = Math.max(start, limit - AROUND);
    BreakIterator characters = BreakIterator.getCharacterInstance(Locale.ROOT);
    characters.setText(text.substring(from, Math.min(text.length(), limit + AROUND)));
    int cut = from + Math.max(0, characters.preceding(limit - from + 1));
    return cut > start ? cut : limit;
  }

  private int skipBlanks(int from) {
    int place = from;
    while (place < text.length() && isBlank(text.charAt(place))) {
      place++;
    }
    return place;
  }

  private int endWithoutBlanks(int start, int end) {
    int place = end;
    while (place > start && isBlank(text.charAt(place - 1))) {
      place--;
    }
    return place;
  }

  private static boolean isBlank(char character) {
    return Character.isWhitespace(character) || Character.isSpaceChar(character);
  }
}
