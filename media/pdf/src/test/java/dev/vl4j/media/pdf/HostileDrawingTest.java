package dev.vl4j.media.pdf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vl4j.engine.RequestCancelledException;
import dev.vl4j.engine.media.MediaException;
import dev.vl4j.engine.media.MediaWork;
import dev.vl4j.engine.media.MeteredGuard;
import java.awt.geom.AffineTransform;
import java.awt.geom.Path2D;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a page may have drawn: Java 2D would take hours, or all memory, for some of it. */
class HostileDrawingTest {
  private static final String FORM = "/Type /XObject /Subtype /Form /BBox [0 0 200 100]";

  @Test
  void groupsInGroups() {
    Drawn.refused(
        Documents.page("/Resources << /XObject << /F 5 0 R >> >> /Contents 4 0 R").stream(
            "", "/F Do")
            .stream(
                FORM + " /Group << /S /Transparency >> /Resources << /XObject << /F 5 0 R >> >>",
                "/F Do"),
        "groups, masks and patterns of a page are in one another");
  }

  @Test
  void masksInMasks() {
    Drawn.refused(
        Documents.page("/Resources 6 0 R /Contents 4 0 R").stream("", "/G gs 0 0 200 100 re f")
            .stream(
                FORM + " /Group << /S /Transparency /CS /DeviceGray >> /Resources 6 0 R",
                "/G gs 0 0 200 100 re f")
            .add("<< /ExtGState << /G << /SMask << /S /Luminosity /G 5 0 R >> >> >> >>"),
        "groups, masks and patterns of a page are in one another");
  }

  /** PDFBox lets none through, as far as is known. */
  @Test
  void coordinatesThatAreNoNumbers() {
    Path2D path = new Path2D.Double();
    path.moveTo(0, 0);
    path.lineTo(3, 7);
    PathCost.Rows rows = new PathCost.Rows(0, 100, 100);
    AffineTransform same = new AffineTransform();
    assertThat(new PathCost(path, same, null).crossed(rows)).isEqualTo(7);
    path.lineTo(1, Double.NaN);
    assertThat(new PathCost(path, same, null).crossed(rows)).isEqualTo(7);
    assertThat(new PathCost(path, same, new PathCost.Pen(1, 1)).crossed(rows)).isFinite();
    assertThatThrownBy(() -> AreaCost.check(new MediaWork(new MeteredGuard()), path))
        .isInstanceOf(Refusal.class)
        .hasMessage("a coordinate of a page is no number");
  }

  @Test
  void statesThatAreSaved() {
    Drawn.refused(drawn("q ".repeat(20_000)), "a page saves its state more than 10000 times");
  }

  @Test
  void lettersInOneOperator() {
    byte[] file = drawn("BT /F 4 Tf (%s) Tj ET".formatted("A".repeat(1_000_000))).bytes();
    MeteredGuard guard = new MeteredGuard().withChecks(500_000);
    assertThatThrownBy(() -> Drawn.draw(file, guard)).isInstanceOf(RequestCancelledException.class);
  }

  private static final String FILL = "/Pattern cs /P scn ";

  /** A page that can be filled with the cells of a pattern, or written on in a font. */
  private static Documents page(String entries, String contents, String steps, String cell) {
    return Documents.page(
        entries
            + " /Contents 4 0 R /Resources << /Pattern << /P 5 0 R >> /Font << /F << /Type"
            + " /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >>")
        .stream("", contents)
        .stream(
            "/Type /Pattern /PatternType 1 /PaintType 1 /TilingType 1 /BBox [0 0 40 40] "
                + steps
                + " /Resources << /Pattern << /P 5 0 R >> >>",
            cell);
  }

  private static Documents tiled(String entries, String steps, String cell) {
    return page(entries, FILL + "0 0 200 100 re f", steps, cell);
  }

  private static Documents drawn(String contents) {
    return page("", contents, "/XStep 40 /YStep 40", "0 0 20 20 re f");
  }

  @Test
  void patterns() throws MediaException {
    String square = "1 0 0 rg 0 0 20 20 re f";
    String steps = "/XStep 40 /YStep 40";
    assertThat(Drawn.draw(tiled("", steps, square).bytes(), new MeteredGuard())).contains((byte) 0);
    // What is meant to be drawn once has a huge cell, which PDFBox cuts.
    String once = "/XStep 32767 /YStep 32767";
    assertThat(Drawn.draw(tiled("", once, square).bytes(), new MeteredGuard())).contains((byte) 0);
    Drawn.refused(
        tiled("/MediaBox [0 0 0.01 0.01]", steps, square), "a cell of a pattern has 8000000");
    Drawn.refused(
        tiled("", steps, FILL + "0 0 40 40 re f"),
        "groups, masks and patterns of a page are in one another");
  }

  /** Java 2D would take from a minute to some hours for each of these. */
  @Test
  void pathsThatTakeForever() throws MediaException {
    String far = "0 0 m 1%s 0 6 368 3 368 c s".formatted("0".repeat(30));
    byte[] narrow = page("/MediaBox [0 0 612 792] /Rotate 90", far, "", "").bytes();
    assertThat(Drawn.draw(narrow, new MeteredGuard())).hasSize(3 * 100 * 50);

    String often = "the edges of a part of a page cross one another too often";
    for (String path : new String[] {Documents.star(3000, "l", 1), Documents.star(900, "c", 3)}) {
      Drawn.refused(drawn(path + "W n 0 0 200 100 re f"), often);
      Drawn.refused(drawn(FILL + path + "f"), often);
    }
    String letters = "1 0 0 1 9 9 Tm (S) Tj ".repeat(1000);
    Drawn.refused(drawn("BT 7 Tr /F 40 Tf " + letters + "ET 0 0 200 100 re f"), often);

    Drawn.refused(drawn(Documents.star(1_900_000, "l", 1) + "f"), "rows of pixels");
    Drawn.refused(drawn("50 w 1 j " + Documents.star(400_000, "l", 1) + "S"), "rows of pixels");
    Drawn.refused(drawn(Documents.star(2_000_001, "l", 1) + "f"), "at most 2000000 are drawn");
    Drawn.refused(
        drawn("0 w [0.01] 0 d " + "1 9 m 199 9 l ".repeat(50_000) + "S"), "rows of pixels");
    Drawn.refused(
        drawn("BT /F 1%s Tf (S) Tj ET".formatted("0".repeat(20))),
        "a letter of a page is too large to be drawn");
  }

  /**
   * A page with parts that share no pixel.
   *
   * @param before what comes first
   * @param part operators for a triangle or a line, from a left side to a right one
   * @param each what comes behind each part
   * @param all what comes last
   */
  private static byte[] parts(String before, String part, String each, String all) {
    StringBuilder contents = new StringBuilder(before);
    for (int i = 0; i < 112; i++) {
      double left = 2 + 1.74 * i;
      contents.append(String.format(Locale.ROOT, part, left, left + 0.5, left + 1)).append(each);
    }
    return drawn(contents + all).bytes();
  }

  /**
   * A path that is drawn by some rows at a time looks like one that is not, but for a few samples
   * that differ by 1, since Java rounds where an edge begins. Edges of clips are not smoothed, so a
   * pixel more or less is within them.
   */
  @ParameterizedTest
  @CsvSource({
    "'', '%.3f 3 m %.3f 97 l %.3f 5 l h ', f, 1",
    "'', '%.3f 3 m %.3f 97 l %.3f 5 l h ', f*, 1",
    "'1 0 0 rg 0.1 w 1 j ', '%.3f 3 m %.3f 97 l %.3f 5 l h ', b, 1",
    "'0.2 w 1 J ', '%.3f 3 m %2$.3f 97 l ', S, 1",
    "'[3 2] 0 d 0.2 w ', '%.3f 3 m %2$.3f 97 l ', S, 1",
    "'10 10 m 190 50 l 20 90 l W n ', '%.3f 3 m %.3f 97 l %.3f 5 l h ', f, 255",
    "'/Pattern cs /P scn ', '%.3f 3 m %.3f 97 l %.3f 5 l h ', f, 1"
  })
  void pathsInParts(String before, String part, String operator, int tolerance)
      throws MediaException {
    byte[] onePath = parts(before, part, "", operator);
    int width = 1203;
    int height = 1607;
    MeteredGuard guard = new MeteredGuard();
    byte[] found = Drawn.draw(onePath, width, height, guard);
    assertThat(found).contains((byte) 0);
    byte[] expected =
        Drawn.draw(parts(before, part, operator + " ", ""), width, height, new MeteredGuard());
    int others = 0;
    int most = 0;
    for (int i = 0; i < expected.length; i++) {
      int difference = Math.abs(Byte.toUnsignedInt(found[i]) - Byte.toUnsignedInt(expected[i]));
      others += difference == 0 ? 0 : 1;
      most = Math.max(most, difference);
    }
    assertThat(most).isLessThanOrEqualTo(tolerance);
    assertThat(others).isLessThanOrEqualTo(expected.length / 10_000);

    MeteredGuard small = new MeteredGuard();
    Drawn.draw(onePath, 30, 40, small);
    assertThat(guard.checks())
        .as("asked while it is drawn")
        .isGreaterThanOrEqualTo(small.checks() + 3);
  }
}
