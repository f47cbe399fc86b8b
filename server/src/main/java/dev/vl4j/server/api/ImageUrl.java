package dev.vl4j.server.api;

/**
 * A picture as a body names it.
 *
 * @param field what error messages call the place of the URL
 */
public record ImageUrl(String url, String field) {
  /** The picture cannot be had. */
  ApiException refused(String reason) {
    return ApiException.badRequest(field + ": " + reason, "body." + field, null);
  }

  /** The URL as an error message can show it. */
  String shown() {
    return url.length() <= 60 ? url : url.substring(0, 60) + "...";
  }
}
