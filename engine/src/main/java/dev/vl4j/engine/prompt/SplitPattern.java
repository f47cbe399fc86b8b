package dev.vl4j.engine.prompt;

import dev.vl4j.engine.ModelException;
import java.util.ArrayList;
import java.util.List;

/**
 * A regular expression that splits text into words, of a tokenizer.json.
 *
 * <p>Oniguruma, which matches it in native code, gives up a match that has failed at ten million
 * places, and the tokenizer's library ends the process then. So a pattern is used only if it can be
 * shown to fail less often, whatever the text. What comes before the last element that can fail may
 * be tried in all ways there are to match it; that element and what follows are matched once.
 *
 * <p>Read is the part of Oniguruma's syntax in which such patterns are written: characters,
 * classes, escapes of one character, anchors, groups that are not repeated, and what looks around.
 */
final class SplitPattern {
  /** Failures that are allowed: NFC makes up to three characters of one that was counted. */
  private static final double MOST_FAILURES = 2_000_000;

  private static final int DEEPEST = 8;

  /** Escapes of a single character, beside those of what is no letter and no digit. */
  private static final String CHARACTERS = "sSdDwWhHrntfv";

  /**
   * A part of a pattern.
   *
   * @param ways in which it can be matched from one place
   * @param first failures until it is matched, or known not to match
   * @param all failures until it was matched in all ways
   * @param matchesNothing whether no characters match it, so that it never fails
   */
  private record Element(double ways, double first, double all, boolean matchesNothing) {
    static final Element CHARACTER = new Element(1, 1, 1, false);
  }

  private final String pattern;
  private int at;

  private SplitPattern(String pattern) {
    this.pattern = pattern;
  }

  /**
   * @throws ModelException if it may fail too often, or has what is not read here
   */
  static void check(String pattern) {
    SplitPattern reader = new SplitPattern(pattern);
    Element whole = reader.alternatives(0);
    if (reader.at < pattern.length()) {
      throw reader.unknown("an unmatched )");
    }
    if (whole.first > MOST_FAILURES) {
      throw new ModelException(
          "the tokenizer's pattern %s may fail at too many places".formatted(pattern));
    }
  }

  private Element alternatives(int depth) {
    requireShallow(depth);
    double ways = 0;
    double first = 0;
    double all = 0;
    boolean matchesNothing = false;
    do {
      Element branch = sequence(depth);
      ways += branch.ways;
      first += branch.first;
      all += branch.all;
      matchesNothing |= branch.matchesNothing;
    } while (accept('|'));
    return new Element(ways, first, all, matchesNothing);
  }

  private Element sequence(int depth) {
    List<Element> elements = new ArrayList<>();
    while (at < pattern.length() && pattern.charAt(at) != '|' && pattern.charAt(at) != ')') {
      elements.add(element(depth));
    }
    int last = elements.size() - 1;
    while (last >= 0 && elements.get(last).matchesNothing) {
      last--;
    }
    double ways = 1;
    double first = 0;
    double all = 0;
    for (int i = 0; i < elements.size(); i++) {
      Element element = elements.get(i);
      first += i < last ? ways * element.all : i == last ? ways * element.first : element.first;
      all += ways * element.all;
      ways *= element.ways;
    }
    return new Element(ways, first, all, last < 0);
  }

  private Element element(int depth) {
    refuseQuantifier();
    return switch (next()) {
      case '(' -> group(depth);
      case '[' -> {
        characterClass(depth);
        yield repeated();
      }
      case '\\' -> escape();
      case '^', '$' -> anchor();
      default -> repeated();
    };
  }

  private Element group(int depth) {
    boolean looks = false;
    if (accept('?')) {
      switch (next()) {
        case ':', '>' -> {}
        case '=', '!' -> looks = true;
        case 'i' -> expect(':');
        case '<' -> {
          char kind = next();
          if (kind != '=' && kind != '!') {
            throw unknown("a named group");
          }
          looks = true;
        }
        default -> throw unknown("such a group");
      }
    }
    Element inside = alternatives(depth + 1);
    expect(')');
    if (looks) { // what was seen there is not looked for in another way
      refuseQuantifier();
      return new Element(1, inside.first, inside.first, false);
    }
    if (accept('?')) {
      inside = new Element(inside.ways + 1, inside.first, inside.all + 1, true);
    }
    refuseQuantifier();
    return inside;
  }

  /** To the end of a class, which is one character whatever it has. */
  private void characterClass(int depth) {
    requireShallow(depth);
    accept('^');
    if (accept(']')) {
      throw unknown("a class that begins with ]");
    }
    for (char c = next(); c != ']'; c = next()) {
      if (c == '\\') {
        next();
      } else if (c == '[') {
        characterClass(depth + 1);
      }
    }
  }

  private Element escape() {
    char c = next();
    switch (c) {
      case 'b', 'B', 'A', 'z', 'Z' -> {
        return anchor();
      }
      case 'p', 'P' -> {
        expect('{');
        at = Math.max(at, pattern.indexOf('}', at));
        expect('}');
      }
      default -> {
        boolean literal = c < 0x80 && !Character.isLetterOrDigit(c);
        if (!literal && CHARACTERS.indexOf(c) < 0) {
          throw unknown("\\" + c);
        }
      }
    }
    return repeated();
  }

  private Element anchor() {
    refuseQuantifier();
    return Element.CHARACTER;
  }

  /** A character, and how often it may come. */
  private Element repeated() {
    if (accept('*')) {
      greed();
      return times(0, TextCuts.LONGEST);
    }
    if (accept('+')) {
      greed();
      return times(1, TextCuts.LONGEST);
    }
    if (accept('?')) {
      greed();
      return times(0, 1);
    }
    if (!accept('{')) {
      return Element.CHARACTER;
    }
    int least = number();
    int most = least;
    if (accept(',')) {
      most = number();
      if (least < 0 && most < 0) {
        throw unknown("an interval without a number");
      }
      most = most < 0 ? TextCuts.LONGEST : most;
      least = Math.max(0, least);
    }
    expect('}');
    if (least < 0 || most < least) {
      throw unknown("an interval of %d to %d".formatted(least, most));
    }
    refuseQuantifier();
    return times(least, most);
  }

  private static Element times(int least, int most) {
    double ways = most - least + 1;
    return new Element(ways, Math.max(1, least), least + ways, least == 0);
  }

  /** Passes over what makes a quantifier take as few as it can, or keep what it took. */
  private void greed() {
    if (!accept('?')) {
      accept('+');
    }
    refuseQuantifier();
  }

  private void refuseQuantifier() {
    if (at < pattern.length() && "*+?{".indexOf(pattern.charAt(at)) >= 0) {
      throw unknown("a quantifier behind no character");
    }
  }

  /** Decimal digits, up to six; -1 if there are none. */
  private int number() {
    int from = at;
    while (at < pattern.length() && at < from + 6 && isDigit(pattern.charAt(at))) {
      at++;
    }
    return at == from ? -1 : Integer.parseInt(pattern.substring(from, at));
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private void requireShallow(int depth) {
    if (depth > DEEPEST) {
      throw unknown("groups or classes inside of more than %d others".formatted(DEEPEST));
    }
  }

  private char next() {
    if (at == pattern.length()) {
      throw unknown("its end");
    }
    return pattern.charAt(at++);
  }

  private boolean accept(char wanted) {
    if (at < pattern.length() && pattern.charAt(at) == wanted) {
      at++;
      return true;
    }
    return false;
  }

  private void expect(char wanted) {
    if (!accept(wanted)) {
      throw unknown("no " + wanted);
    }
  }

  private ModelException unknown(String found) {
    return new ModelException(
        "the tokenizer's pattern %s is not supported: found %s before character %d"
            .formatted(pattern, found, at));
  }
}
