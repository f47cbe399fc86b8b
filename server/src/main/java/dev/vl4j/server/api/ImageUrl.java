package dev.vl4j.server.api;

import java.util.Comparator;

/**
 * A picture as a body names it. Its order has no meaning, but keeps maps fast whose keys have been
 * made to have one hash.
 *
 * @param field what error messages call the place of the URL
 * @param maybeBase64 whether the picture itself may stand there instead, in base64, as for Jina
 */
public record ImageUrl(String url, String field, boolean maybeBase64)
    implements Comparable<ImageUrl> {
  private static final Comparator<ImageUrl> ORDER =
      Comparator.comparing(ImageUrl::field)
          .thenComparing(ImageUrl::url)
          .thenComparing(ImageUrl::maybeBase64);

  /** A URL, or a path where files are allowed. */
  public static ImageUrl of(String url, String field) {
    return new ImageUrl(url, field, false);
  }

  /** The same, or the picture in base64. */
  static ImageUrl orBase64(String url, String field) {
    return new ImageUrl(url, field, true);
  }

  @Override
  public int compareTo(ImageUrl other) {
    return ORDER.compare(this, other);
  }

  /** The picture cannot be had. */
  ApiException refused(String reason) {
    return ApiException.badRequest(field + ": " + reason, "body." + field, null);
  }

  /** The URL as an error message can show it. */
  String shown() {
    return url.length() <= 60 ? url : url.substring(0, 60) + "...";
  }
}
