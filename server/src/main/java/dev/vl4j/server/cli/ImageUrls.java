package dev.vl4j.server.cli;

import dev.vl4j.engine.ImageSource;
import dev.vl4j.engine.Part;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Where a request's pictures may come from: {@code data:} and {@code file:} URLs, plain paths. */
final class ImageUrls {
  // Two letters at least, so that a Windows drive is no scheme.
  private static final Pattern SCHEME =
      Pattern.compile("([A-Za-z][A-Za-z0-9+.-]+):.*", Pattern.DOTALL);

  private ImageUrls() {}

  /**
   * The picture behind a URL.
   *
   * @param field what an error message calls the place of the URL
   */
  static Part read(String url, String field) {
    Matcher matcher = SCHEME.matcher(url);
    String scheme = matcher.matches() ? matcher.group(1).toLowerCase(Locale.ROOT) : "";
    return switch (scheme) {
      case "data" -> data(url, field);
      case "file" -> fileUrl(url, field);
      case "" -> file(url, field);
      case "http", "https" ->
          throw new CliException(
              field + ": " + scheme + " URLs are not fetched; pass a data: URL or a file");
      default -> throw new CliException(field + ": unsupported URL scheme " + scheme + ":");
    };
  }

  /** The picture in a file; a missing one is refused before a model is opened in vain. */
  static Part file(String name, String field) {
    try {
      return existing(Path.of(name), field);
    } catch (InvalidPathException e) {
      throw new CliException(field + ": not a path: " + shorten(name), e);
    }
  }

  private static Part fileUrl(String url, String field) {
    try {
      return existing(Path.of(URI.create(url)), field);
    } catch (IllegalArgumentException e) {
      throw new CliException(field + ": not a file: URL of this machine: " + shorten(url), e);
    }
  }

  private static Part existing(Path path, String field) {
    if (path.toString().isEmpty()) {
      throw new CliException(field + ": empty");
    }
    if (!Files.exists(path)) {
      throw new CliException(field + ": no such file: " + path);
    }
    if (Files.isDirectory(path) || !Files.isReadable(path)) {
      throw new CliException(field + ": cannot be read: " + path);
    }
    return Part.image(path);
  }

  private static Part data(String url, String field) {
    int comma = url.indexOf(',');
    if (comma < 0) {
      throw new CliException(field + ": data: URL without a comma: " + shorten(url));
    }
    if (!url.substring(0, comma).toLowerCase(Locale.ROOT).endsWith(";base64")) {
      throw new CliException(field + ": data: URL is not base64: " + shorten(url));
    }
    try {
      byte[] bytes = Base64.getDecoder().decode(url.substring(comma + 1).strip());
      if (bytes.length == 0) {
        throw new CliException(field + ": data: URL holds no bytes");
      }
      return new Part.Image(new ImageSource.Encoded(bytes, field));
    } catch (IllegalArgumentException e) {
      throw new CliException(field + ": broken base64: " + Errors.message(e), e);
    }
  }

  /** A URL as an error message can show it. */
  static String shorten(String url) {
    return url.length() <= 60 ? url : url.substring(0, 60) + "...";
  }
}
