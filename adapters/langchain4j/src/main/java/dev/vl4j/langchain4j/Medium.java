package dev.vl4j.langchain4j;

import java.net.URI;
import java.nio.file.FileSystemNotFoundException;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A picture or a video, as a file or as the bytes of one. */
sealed interface Medium {
  /** Read when the request runs. */
  record InFile(Path path) implements Medium {}

  /** What a file would hold. */
  record InMemory(byte[] bytes) implements Medium {}

  /**
   * Data go before a URL, if there are both: nothing has to be read.
   *
   * @param kind what messages call it
   */
  static Medium of(String kind, @Nullable URI url, @Nullable String base64) {
    if (base64 != null) {
      return new InMemory(decoded(kind, base64));
    }
    if (url == null) {
      throw Failures.invalid(kind + ": expected a URL or base64 data, found neither");
    }
    return of(kind, url);
  }

  /**
   * A file by its {@code file:} URL, or what a {@code data:} URL has in base64.
   *
   * @param kind what messages call it
   */
  static Medium of(String kind, URI url) {
    String scheme = url.getScheme();
    return switch (scheme == null ? "" : scheme.toLowerCase(Locale.ROOT)) {
      case "file" -> new InFile(path(kind, url));
      case "data" -> new InMemory(decoded(kind, afterHeader(kind, url.getRawSchemeSpecificPart())));
      case "http", "https" ->
          throw Failures.unsupported(
              ("%s: expected base64 data, or a file: or data: URL, found %s: vl4j fetches nothing from"
                      + " the network, since whoever names a URL would reach what this program can;"
                      + " fetch it, and pass its bytes")
                  .formatted(kind, url));
      default ->
          throw Failures.unsupported(
              "%s: expected base64 data, or a file: or data: URL, found %s"
                  .formatted(kind, shortened(url.toString())));
    };
  }

  private static Path path(String kind, URI url) {
    try {
      return Path.of(url);
    } catch (IllegalArgumentException | FileSystemNotFoundException e) {
      throw Failures.invalid(
          "%s: expected the URL of a file on this machine, found %s (%s)"
              .formatted(kind, url, e.getMessage()));
    }
  }

  private static String afterHeader(String kind, String data) {
    int comma = data.indexOf(',');
    if (comma < 0 || !data.substring(0, comma).toLowerCase(Locale.ROOT).endsWith(";base64")) {
      throw Failures.unsupported(
          "%s: expected data:TYPE;base64,..., found data:%s".formatted(kind, shortened(data)));
    }
    return data.substring(comma + 1);
  }

  private static byte[] decoded(String kind, String base64) {
    try {
      return Base64.getDecoder().decode(base64);
    } catch (IllegalArgumentException e) {
      throw Failures.invalid(
          "%s: expected base64 data, found other: %s".formatted(kind, e.getMessage()));
    }
  }

  private static String shortened(String text) {
    return text.length() <= 80 ? text : text.substring(0, 80) + "...";
  }
}
