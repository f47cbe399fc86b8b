package dev.vl4j.search;

import dev.vl4j.engine.ImagePreview;
import dev.vl4j.engine.InvalidRequestException;
import dev.vl4j.engine.Part;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An answer as one page of HTML for people, with previews, scores and both ranks. The page needs
 * nothing beside it, loads nothing and runs nothing, whatever is in names and texts.
 *
 * @param index what the page calls the index
 * @param root the indexed folder, which links to files begin in; null for no links
 * @param embedder what the page calls the model that found the candidates
 * @param reranker what it calls the one that judged them, or null if none did
 */
public record SearchPage(
    String index, @Nullable Path root, String embedder, @Nullable String reranker) {
  /** Characters of a text that the page shows at once; the rest unfolds. */
  private static final int SHOWN = 400;

  private static final String STYLE =
      """
      :root { color-scheme: light dark; font: 15px/1.45 system-ui, sans-serif }
      body { max-width: 62rem; margin: 2rem auto; padding: 0 1rem }
      h1 { font-size: 1.35rem; overflow-wrap: anywhere }
      .note { color: #777; font-size: .87rem }
      ol { list-style: none; padding: 0 }
      li { display: grid; grid-template-columns: 3rem 12rem 1fr; gap: 1rem; padding: .9rem 0;
           border-top: 1px solid #8884 }
      .rank { font-size: 1.5rem; font-weight: 600; text-align: right }
      .seen { text-align: center }
      img { max-width: 12rem; max-height: 12rem; border-radius: 4px }
      .place { font-weight: 600; overflow-wrap: anywhere }
      .text { white-space: pre-wrap; overflow-wrap: anywhere }
      .problem { color: #b50 }
      meter { width: 8rem; vertical-align: middle }
      """;

  /**
   * @throws NullPointerException if the index or the embedder is null
   */
  public SearchPage {
    Objects.requireNonNull(index, "index");
    Objects.requireNonNull(embedder, "embedder");
  }

  /** The page, to be written in UTF-8. */
  public String of(SearchAnswer answer) {
    String question = question(answer);
    StringBuilder page = new StringBuilder();
    page.append("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
        .append("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; ")
        .append("img-src data:; style-src 'unsafe-inline'\">\n")
        .append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>")
        .append(Html.text(question))
        .append("</title>\n<style>\n")
        .append(STYLE)
        .append("</style>\n</head>\n<body>\n<h1>")
        .append(Html.text(question))
        .append("</h1>\n");
    addPictures(page, answer);
    page.append("<p class=\"note\">").append(stages(answer)).append("</p>\n<ol>\n");
    answer.hits().forEach(hit -> add(page, hit));
    return page.append("</ol>\n</body>\n</html>\n").toString();
  }

  private static String question(SearchAnswer answer) {
    StringBuilder question = new StringBuilder();
    for (Part part : answer.request().query().parts()) {
      if (part instanceof Part.Text(String text)) {
        question.append(question.isEmpty() ? "" : " ").append(text.strip());
      }
    }
    return question.isEmpty() ? "A picture" : question.toString();
  }

  private static void addPictures(StringBuilder page, SearchAnswer answer) {
    for (Part part : answer.request().query().parts()) {
      if (part instanceof Part.Image image) {
        try {
          byte[] preview = ImagePreview.jpeg(image.source(), FileContent.PREVIEW_SIDE);
          page.append("<p>").append(Html.picture(preview)).append("</p>\n");
        } catch (InvalidRequestException _) {
          page.append("<p class=\"problem\">the picture cannot be read any more</p>\n");
        }
      }
    }
  }

  private String stages(SearchAnswer answer) {
    String found =
        "%s chose %d of %d entries of %s by their vectors in %s"
            .formatted(
                Html.text(embedder),
                answer.candidates(),
                answer.entries(),
                Html.file(index),
                seconds(answer.embedding().plus(answer.finding())));
    return answer.reranked()
        ? "%s, %s judged them in %s."
            .formatted(found, Html.text(String.valueOf(reranker)), seconds(answer.reranking()))
        : found + "; no reranker judged them.";
  }

  private static String seconds(Duration time) {
    return String.format(Locale.ROOT, "%.2f s", time.toNanos() / 1e9);
  }

  private void add(StringBuilder page, Hit hit) {
    Entry entry = hit.entry();
    page.append("<li><div class=\"rank\">").append(hit.rank()).append("</div><div class=\"seen\">");
    byte[] preview = entry.preview();
    if (preview != null) {
      page.append(Html.picture(preview));
    } else {
      page.append("<span class=\"note\">").append(entry.kind().word()).append("</span>");
    }
    page.append("</div><div><div class=\"place\">")
        .append(linked(entry))
        .append("</div><div class=\"note\">")
        .append(numbers(hit))
        .append("</div>");
    if (hit.state() == FileState.CHANGED) {
      addProblem(page, "The file has changed since it was indexed.");
    } else if (hit.state() == FileState.GONE) {
      addProblem(page, "The file is gone since it was indexed.");
    }
    if (hit.problem() != null) {
      addProblem(page, "Not judged: " + hit.problem());
    }
    if (entry.text() != null) {
      addText(page, entry.text());
    }
    page.append("</div></li>\n");
  }

  private static void addProblem(StringBuilder page, String problem) {
    page.append("<div class=\"problem\">").append(Html.text(problem)).append("</div>");
  }

  private static void addText(StringBuilder page, String text) {
    if (text.codePointCount(0, text.length()) <= SHOWN) {
      page.append("<div class=\"text\">").append(Html.text(text)).append("</div>");
      return;
    }
    String beginning = text.substring(0, text.offsetByCodePoints(0, SHOWN));
    page.append("<details class=\"text\"><summary>")
        .append(Html.text(beginning))
        .append(" …</summary>")
        .append(Html.text(text))
        .append("</details>");
  }

  private String linked(Entry entry) {
    String place = Html.file(entry.place());
    if (root == null) {
      return place;
    }
    try {
      String link = root.resolve(entry.path()).toUri().toASCIIString();
      return "<a href=\"%s\">%s</a>".formatted(Html.text(link), place);
    } catch (InvalidPathException e) {
      return place;
    }
  }

  private static String numbers(Hit hit) {
    String vectors =
        String.format(
            Locale.ROOT, "vector rank %d, cosine %.4f", hit.vectorRank(), hit.similarity());
    if (hit.judged() == null) {
      return vectors;
    }
    return String.format(
        Locale.ROOT,
        "<meter min=\"0\" max=\"1\" value=\"%1$.4f\"></meter> score %1$.4f · %2$s",
        hit.judged().score(),
        vectors);
  }
}
