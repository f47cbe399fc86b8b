package dev.vl4j.server.api;

import dev.vl4j.engine.ImageSource;
import dev.vl4j.engine.Part;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Where a request's pictures may come from: {@code data:} URLs, and files as far as allowed. */
public final class ImageUrls {
  // Two letters at least, so that a Windows drive is no scheme.
  private static final Pattern SCHEME =
      Pattern.compile("([A-Za-z][A-Za-z0-9+.-]+):.*", Pattern.DOTALL);

  private final boolean anyFile;
  private final @Nullable Path root;

  private ImageUrls(boolean anyFile, @Nullable Path root) {
    this.anyFile = anyFile;
    this.root = root;
  }

  /** For callers who may read every file that this process may: plain paths are files, too. */
  public static ImageUrls anyFile() {
    return new ImageUrls(true, null);
  }

  /**
   * For callers of a server.
   *
   * @param root the real path of the directory whose files {@code file:} URLs may name, or null for
   *     no files at all
   */
  public static ImageUrls filesUnder(@Nullable Path root) {
    return new ImageUrls(false, root);
  }

  /**
   * The picture behind a URL.
   *
   * @param field what an error message calls the place of the URL
   * @throws ApiException if it is not allowed, or not there
   */
  public Part read(String url, String field) {
    Matcher matcher = SCHEME.matcher(url);
    String scheme = matcher.matches() ? matcher.group(1).toLowerCase(Locale.ROOT) : "";
    return switch (scheme) {
      case "data" -> data(url, field);
      case "file" -> Part.image(allowed(fileUrl(url, field), url, field));
      case "" -> {
        if (!anyFile) {
          throw refused(field, "not a URL: " + shorten(url));
        }
        yield file(url, field);
      }
      case "http", "https" ->
          throw refused(field, scheme + " URLs are not fetched; pass a data: URL or a file");
      default -> throw refused(field, "unsupported URL scheme " + scheme + ":");
    };
  }

  /** The picture in a file; a missing one is refused before a model is opened in vain. */
  public static Part file(String name, String field) {
    try {
      return Part.image(existing(Path.of(name), field));
    } catch (InvalidPathException e) {
      throw refused(field, "not a path: " + shorten(name));
    }
  }

  private static Path fileUrl(String url, String field) {
    try {
      return Path.of(URI.create(url));
    } catch (IllegalArgumentException e) {
      throw refused(field, "not a file: URL of this machine: " + shorten(url));
    }
  }

  /** Outside of the allowed directory, what exists and what does not looks the same. */
  private Path allowed(Path path, String url, String field) {
    if (anyFile) {
      return existing(path, field);
    }
    if (root == null) {
      throw refused(field, "file: URLs are not allowed (--allowed-local-media-path allows them)");
    }
    try {
      Path real = path.toRealPath();
      if (real.startsWith(root)) {
        return existing(real, field);
      }
    } catch (IOException e) {
      if (path.normalize().startsWith(root)) {
        throw refused(field, "no such file: " + shorten(url));
      }
    }
    throw refused(field, "not under the allowed directory: " + shorten(url));
  }

  private static Path existing(Path path, String field) {
    if (path.toString().isEmpty()) {
      throw refused(field, "empty");
    }
    if (!Files.exists(path)) {
      throw refused(field, "no such file: " + path);
    }
    if (!Files.isRegularFile(path) || !Files.isReadable(path)) {
      throw refused(field, "cannot be read: " + path);
    }
    return path;
  }

  private static Part data(String url, String field) {
    int comma = url.indexOf(',');
    if (comma < 0) {
      throw refused(field, "data: URL without a comma: " + shorten(url));
    }
    if (!url.substring(0, comma).toLowerCase(Locale.ROOT).endsWith(";base64")) {
      throw refused(field, "data: URL is not base64: " + shorten(url));
    }
    byte[] bytes;
    try {
      bytes = Base64.getDecoder().decode(url.substring(comma + 1).strip());
    } catch (IllegalArgumentException e) {
      throw refused(field, "broken base64: " + e.getMessage());
    }
    if (bytes.length == 0) {
      throw refused(field, "data: URL holds no bytes");
    }
    return new Part.Image(new ImageSource.Encoded(bytes, field));
  }

  private static ApiException refused(String field, String reason) {
    return ApiException.badRequest(field + ": " + reason, "body." + field, null);
  }

  /** A URL as an error message can show it. */
  private static String shorten(String url) {
    return url.length() <= 60 ? url : url.substring(0, 60) + "...";
  }
}
