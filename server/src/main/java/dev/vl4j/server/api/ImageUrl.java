package dev.vl4j.server.api;

import java.util.Comparator;
import java.util.regex.Pattern;

/**
 * A picture, a page of a PDF file ({@code report.pdf#page=3}) or a video as a body names it. Its
 * order has no meaning, but keeps maps fast whose keys have been made to have one hash.
 *
 * @param field what error messages call the place of the URL
 * @param kind what is expected there
 */
public record ImageUrl(String url, String field, Kind kind) implements Comparable<ImageUrl> {
  /** What a URL may stand for. */
  public enum Kind {
    /** A picture, by its URL. */
    PICTURE,
    /** A picture, by its URL or in base64, as for Jina. */
    PICTURE_OR_BASE64,
    /** A video, by its URL; {@code data:video/jpeg;base64,f1,f2} holds its frames. */
    VIDEO
  }

  private static final String PAGE = "#page=";
  private static final Pattern NUMBER = Pattern.compile("[1-9][0-9]{0,8}");

  private static final Comparator<ImageUrl> ORDER =
      Comparator.comparing(ImageUrl::field)
          .thenComparing(ImageUrl::url)
          .thenComparing(ImageUrl::kind);

  /** A picture's URL, or its path where files are allowed. */
  public static ImageUrl of(String url, String field) {
    return new ImageUrl(url, field, Kind.PICTURE);
  }

  /** The same, or the picture in base64. */
  static ImageUrl orBase64(String url, String field) {
    return new ImageUrl(url, field, Kind.PICTURE_OR_BASE64);
  }

  /** A video's URL, or its path where files are allowed. */
  public static ImageUrl video(String url, String field) {
    return new ImageUrl(url, field, Kind.VIDEO);
  }

  /** The page of a PDF file that it stands for, from 1; 0 if it says none. */
  int page() {
    int at = pageAt();
    return at < 0 ? 0 : Integer.parseInt(url, at + PAGE.length(), url.length(), 10);
  }

  /** The URL without the page. */
  String address() {
    int at = pageAt();
    return at < 0 ? url : url.substring(0, at);
  }

  private int pageAt() {
    int at = kind == Kind.VIDEO ? -1 : url.lastIndexOf(PAGE);
    String number = at < 0 ? "" : url.substring(at + PAGE.length());
    return NUMBER.matcher(number).matches() ? at : -1;
  }

  /** Whether it stands for a video. */
  public boolean isVideo() {
    return kind == Kind.VIDEO;
  }

  @Override
  public int compareTo(ImageUrl other) {
    return ORDER.compare(this, other);
  }

  /** The picture or video cannot be had. */
  ApiException refused(String reason) {
    return ApiException.badRequest(field + ": " + reason, "body." + field, null);
  }

  /** The URL as an error message can show it. */
  String shown() {
    return url.length() <= 60 ? url : url.substring(0, 60) + "...";
  }
}
