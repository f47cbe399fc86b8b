package dev.vl4j.engine.prompt;

/**
 * Token ids of a text, and where in it the tokens are.
 *
 * @param ids {@code [tokens]}
 * @param starts {@code [tokens]}, in chars; several tokens of one character all begin where it does
 * @param ends {@code [tokens]}, in chars, exclusive; several tokens of one character all end where
 *     it does
 */
@SuppressWarnings("ArrayRecordComponent") // handed through once, never compared
record TokenSpans(int[] ids, int[] starts, int[] ends) {
  /** Chars before each code point of a text, and before its end: {@code [code points + 1]}. */
  static int[] charsBefore(String text) {
    int[] chars = new int[text.codePointCount(0, text.length()) + 1];
    int at = 0;
    for (int point = 0; point < chars.length - 1; point++) {
      chars[point] = at;
      at += Character.charCount(text.codePointAt(at));
    }
    chars[chars.length - 1] = at;
    return chars;
  }

  /** Index of the first token that begins at a char or behind it; their number if none does. */
  int firstFrom(int at) {
    int first = 0;
    while (first < starts.length && starts[first] < at) {
      first++;
    }
    return first;
  }

  /** Index behind the last token that ends at a char or before it; 0 if none does. */
  int endOfThoseUpTo(int at) {
    int end = ends.length;
    while (end > 0 && ends[end - 1] > at) {
      end--;
    }
    return end;
  }
}
