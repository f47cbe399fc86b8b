package dev.vl4j.server.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LineReaderTest {
  private static List<Line> lines(InputStream in, int longest) {
    LineReader reader = new LineReader(in, "in", longest);
    List<Line> lines = new ArrayList<>();
    for (Line line = reader.next(); line != null; line = reader.next()) {
      lines.add(line);
    }
    return lines;
  }

  private static List<String> texts(String input) {
    return lines(new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)), 1000).stream()
        .map(line -> new String(line.bytes(), StandardCharsets.UTF_8))
        .toList();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a\nbü\nc\n",
        "a\nbü\nc",
        "a\r\nbü\r\nc\r\n",
        "a\r\nbü\r\nc\r",
        "\uFEFFa\nbü\nc",
        "\n\na\n \t\r\nbü\n\n\nc\n \n\r\n",
        "\uFEFF\r\na\r\nbü\r\nc",
      })
  void lineBreaksOfAllKinds(String input) {
    assertThat(texts(input)).containsExactly("a", "bü", "c");
  }

  @Test
  void whatIsNoLineBreakStays() {
    assertThat(texts("a\rb\r\r\n\uFEFFc\n")).containsExactly("a\rb\r", "\uFEFFc");
    assertThat(texts("")).isEmpty();
    assertThat(texts("\uFEFF")).isEmpty();
    assertThat(texts("ab")).containsExactly("ab");
    assertThat(texts("\n")).isEmpty();
  }

  /** As editors count, blank lines included. */
  @Test
  void rows() {
    byte[] input = "\uFEFF\r\na\n\n \n\nb\r\n\nc".getBytes(StandardCharsets.UTF_8);
    List<Line> lines = lines(new ByteArrayInputStream(input), 1000);
    assertThat(lines).extracting(Line::row).containsExactly(2L, 6L, 8L);
    assertThat(lines).extracting(Line::number).containsExactly(1L, 2L, 3L);
  }

  @ParameterizedTest
  @ValueSource(strings = {"UTF-16LE", "UTF-16BE"})
  void utf16IsRefused(String charset) {
    byte[] input = "\uFEFF{}\n".getBytes(Charset.forName(charset));
    assertThatThrownBy(() -> lines(new ByteArrayInputStream(input), 1000))
        .isInstanceOf(BatchException.class)
        .hasMessageContaining("UTF-16");
  }

  @Test
  void ofALongLineOnlyTheDigestIsKept() {
    byte[] input = "abc\nabcd\r\nabce\nx".getBytes(StandardCharsets.UTF_8);
    List<Line> lines = lines(new ByteArrayInputStream(input), 3);
    assertThat(lines).extracting(Line::tooLong).containsExactly(false, true, true, false);
    assertThat(lines).extracting(line -> line.bytes().length).containsExactly(3, 0, 0, 1);
    assertThat(lines).extracting(Line::number).containsExactly(1L, 2L, 3L, 4L);
    assertThat(lines).extracting(Line::row).containsExactly(1L, 2L, 3L, 4L);
    assertThat(lines).extracting(Line::end).containsExactly(4L, 10L, 15L, 16L);
    assertThat(lines.get(1).digest()).isNotEqualTo(lines.get(2).digest());
    assertThat(lines.get(1).digest())
        .isEqualTo(Digests.sha256().digest("abcd".getBytes(StandardCharsets.UTF_8)));
  }

  /** Line breaks at the seams of what single reads give, and lines longer than the buffer. */
  @Test
  void readsOfAnySizeGiveTheSameLines() {
    long seed = System.nanoTime();
    System.out.println("LineReaderTest seed " + seed);
    Random random = new Random(seed);
    ByteArrayOutputStream input = new ByteArrayOutputStream();
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      String line =
          "l" + "\r".repeat(random.nextInt(2)) + "x".repeat(random.nextInt(i == 7 ? 200_000 : 9));
      line = line.endsWith("\r") ? line + "y" : line;
      expected.add(line);
      input.writeBytes(
          (line + (random.nextBoolean() ? "\n" : "\r\n")).getBytes(StandardCharsets.UTF_8));
    }
    InputStream stuttering =
        new ByteArrayInputStream(input.toByteArray()) {
          @Override
          public synchronized int read(byte[] bytes, int offset, int length) {
            return super.read(bytes, offset, Math.min(length, 1 + random.nextInt(5)));
          }
        };
    List<Line> lines = lines(stuttering, 1 << 20);
    assertThat(lines.stream().map(line -> new String(line.bytes(), StandardCharsets.UTF_8)))
        .isEqualTo(expected);
    for (Line line : lines) {
      assertThat(line.digest()).isEqualTo(Digests.sha256().digest(line.bytes()));
    }
    assertThat(lines.getLast().end()).isEqualTo(input.size());
  }
}
