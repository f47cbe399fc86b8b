package dev.vl4j.search;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.engine.Content;
import dev.vl4j.engine.RankedDocument;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The page says what the answer does, and is a page whatever strangers have written. */
class SearchPageTest {
  private static final String HOSTILE =
      "</title><script>alert(1)</script><img src=x onerror=\"alert('2')\">&amp;\u202egnp.exe\u0000\uD800";

  private static SearchAnswer answer(String question, Hit... hits) {
    return new SearchAnswer(
        SearchRequest.of(Content.text(question)),
        List.of(hits),
        50,
        1234,
        hits.length > 0 && hits[0].judged() != null,
        Duration.ofMillis(12),
        Duration.ofMillis(30),
        Duration.ofMillis(450));
  }

  private static Hit hit(String path, String text, FileState state) {
    Entry entry = new Entry(path, EntryKind.TEXT, 2, new TextSpan(10, 20, 3, 4), text, null);
    return new Hit(entry, 1, 7, 0.51234, new RankedDocument(6, 0.87654, 1.96, 10), state, null);
  }

  private static String page(SearchAnswer answer) {
    return new SearchPage("my.index", Path.of("/tree"), "an embedder", "a reranker").of(answer);
  }

  @Test
  void bothRanksAndScores() {
    byte[] preview = {1, 2, 3};
    Entry picture = new Entry("b c.png", EntryKind.IMAGE, 1, null, null, preview);
    String page =
        page(
            answer(
                "a red circle",
                hit("notes/a.md", "the text", FileState.CHANGED),
                new Hit(picture, 2, 1, 0.9, null, FileState.GONE, "the file is gone")));
    assertThat(page)
        .startsWith("<!doctype html>")
        .contains(
            "<title>a red circle</title>",
            "score 0.8765 · vector rank 7, cosine 0.5123",
            "vector rank 1, cosine 0.9000",
            "an embedder chose 50 of 1234 entries of <bdi>my.index</bdi> by their vectors in 0.04 s,"
                + " a reranker judged them in 0.45 s.",
            "<bdi>notes/a.md:3-4</bdi>",
            "the text",
            "data:image/jpeg;base64,AQID",
            "href=\"file:///tree/b%20c.png\"",
            "The file has changed since it was indexed.",
            "Not judged: the file is gone");
    assertThat(page.indexOf("notes/a.md")).isLessThan(page.indexOf("b%20c.png"));
  }

  @Test
  void hostileWordsAreWords() {
    // No system has names with the last two.
    String name = HOSTILE.substring(0, HOSTILE.indexOf(0));
    String page = page(answer(HOSTILE, hit(name, HOSTILE.repeat(10), FileState.UNCHANGED)));
    // All tags are the page's own.
    assertThat(
            Pattern.compile("<(/?\\w+)")
                .matcher(page)
                .results()
                .map(found -> found.group(1).replace("/", ""))
                .distinct())
        .containsExactlyInAnyOrder(
            "html", "head", "meta", "title", "style", "body", "h1", "p", "bdi", "ol", "li", "div",
            "span", "a", "meter", "details", "summary");
    assertThat(page)
        .doesNotContain("<script", "onerror=\"", "\u202e", "\u0000", "alert('")
        .contains("&lt;script&gt;alert(1)", "&amp;amp;", "default-src 'none'");
    byte[] written = page.getBytes(StandardCharsets.UTF_8);
    assertThat(new String(written, StandardCharsets.UTF_8)).isEqualTo(page);
  }

  /** A long text unfolds; a page of vectors alone says so. */
  @Test
  void longTextsAndNoReranker() {
    Entry entry =
        new Entry(
            "a.txt", EntryKind.TEXT, 1, new TextSpan(0, 9, 1, 1), "\uD83D\uDE00".repeat(500), null);
    String page =
        new SearchPage("my.index", null, "an embedder", null)
            .of(answer("x", new Hit(entry, 1, 1, 0.5, null, FileState.UNCHANGED, null)));
    assertThat(page)
        .contains(
            "<summary>" + "\uD83D\uDE00".repeat(400) + " …</summary>", "no reranker judged them")
        .doesNotContain("href=", "score");
  }
}
