package dev.vl4j.search;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.search.TextPieces.Piece;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TextPiecesTest {
  private static final long SEED = Long.getLong("tests.seed", System.nanoTime());

  private static List<String> texts(String text, int most) {
    return TextPieces.of(text, most).stream().map(Piece::text).toList();
  }

  @Test
  void aShortTextIsOnePiece() {
    assertThat(TextPieces.of("\n one\ntwo \n", 100))
        .containsExactly(new Piece("one\ntwo", new TextSpan(2, 9, 2, 3)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "\n\t\r\n ", "\u00a0\u2003"})
  void blanksAreNoPiece(String text) {
    assertThat(TextPieces.of(text, 16)).isEmpty();
  }

  @Test
  void paragraphsGoBeforeSentences() {
    assertThat(texts("A first. And a second one.\n\nThe next. It is long, too, I fear.", 40))
        .containsExactly("A first. And a second one.", "The next. It is long, too, I fear.");
    assertThat(texts("One two three four.\r\n \r\nFive six. Seven eight nine ten.", 40))
        .containsExactly("One two three four.", "Five six. Seven eight nine ten.");
  }

  /** A paragraph that ends too early would leave small pieces. */
  @Test
  void sentencesGoBeforeWords() {
    assertThat(texts("Ah.\n\nThis is a sentence. This is another one that goes on.", 30))
        .containsExactly("Ah.\n\nThis is a sentence.", "This is another one that goes", "on.");
    assertThat(texts("これは文です。これも文です。そしてこれも文です。", 16))
        .containsExactly("これは文です。これも文です。", "そしてこれも文です。");
  }

  @Test
  void aWordWithoutEndIsCutBetweenCharacters() {
    assertThat(texts("x".repeat(50), 20))
        .containsExactly("x".repeat(20), "x".repeat(20), "x".repeat(10));
    // An e with an accent of its own is one character, and what is beyond 16 bits, too.
    String accents = "e\u0301".repeat(20);
    assertThat(texts(accents, 17))
        .allMatch(piece -> piece.startsWith("e") && piece.endsWith("\u0301"));
    String faces = "\uD83D\uDE00".repeat(40);
    assertThat(texts(faces, 16))
        .allMatch(piece -> piece.codePoints().allMatch(point -> point == 0x1F600));
    assertThat(String.join("", texts(faces, 16))).isEqualTo(faces);
  }

  /** Whatever the text: nothing but blanks is left out, nothing is there twice, spans are exact. */
  @Test
  void piecesAreTheText() {
    System.out.println("tests.seed=" + SEED);
    Random random = new Random(SEED);
    String[] atoms = {
      "a",
      "word",
      " ",
      " ",
      "\n",
      "\n\n",
      ".",
      ". ",
      "\r\n",
      "é",
      "e\u0301",
      "\uD83D\uDE00",
      "。",
      "\t",
      "long-word-without-blanks"
    };
    for (int round = 0; round < 400; round++) {
      StringBuilder made = new StringBuilder();
      for (int i = random.nextInt(200); i > 0; i--) {
        made.append(atoms[random.nextInt(atoms.length)]);
      }
      String text = made.toString();
      int most = 16 + random.nextInt(40);
      int[] points = text.codePoints().toArray();
      int end = 0;
      StringBuilder joined = new StringBuilder();
      for (Piece piece : TextPieces.of(text, most)) {
        TextSpan span = piece.span();
        assertThat(span.start()).isGreaterThanOrEqualTo(end);
        end = (int) span.end();
        assertThat(end - span.start()).isBetween(1L, (long) most);
        assertThat(new String(points, (int) span.start(), (int) (end - span.start())))
            .isEqualTo(piece.text());
        assertThat(span.firstLine()).isEqualTo(line(points, (int) span.start()));
        assertThat(span.lastLine()).isEqualTo(line(points, end));
        joined.append(piece.text());
      }
      assertThat(joined.toString().replaceAll("\\s", "")).isEqualTo(text.replaceAll("\\s", ""));
    }
  }

  private static int line(int[] points, int place) {
    int line = 1;
    for (int i = 0; i < place; i++) {
      line += points[i] == '\n' ? 1 : 0;
    }
    return line;
  }
}
