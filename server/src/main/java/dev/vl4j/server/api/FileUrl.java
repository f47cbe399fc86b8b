package dev.vl4j.server.api;

import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A {@code file:} URL, with or without the escapes that it should have: {@code file://} before a
 * plain path does, too.
 */
final class FileUrl {
  private static final Pattern URL =
      Pattern.compile(
          "\\s*file:(?://(?:localhost)?(?=/)|(?!//))(/.*)",
          Pattern.CASE_INSENSITIVE | Pattern.DOTALL);

  private static final Pattern ESCAPE = Pattern.compile("%([0-9A-Fa-f]{2})");
  private static final Pattern BEHIND_PATH = Pattern.compile("[?#].*", Pattern.DOTALL);

  private FileUrl() {}

  /**
   * The files that a URL may mean, the likeliest first: a percent sign, question mark or number
   * sign can belong to a name, or to the URL.
   *
   * @throws IllegalArgumentException if it is another machine's, or no absolute path
   */
  static List<Path> paths(String url) {
    Matcher parts = URL.matcher(url);
    if (!parts.matches()) {
      throw new IllegalArgumentException("no file: URL of this machine");
    }
    String path = parts.group(1);
    Set<Path> paths = new LinkedHashSet<>();
    paths.add(path(unescaped(BEHIND_PATH.matcher(path).replaceFirst(""))));
    paths.add(path(unescaped(path)));
    paths.add(path(path.getBytes(StandardCharsets.UTF_8)));
    return List.copyOf(paths);
  }

  private static byte[] unescaped(String path) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    Matcher escape = ESCAPE.matcher(path);
    int end = 0;
    while (escape.find()) {
      bytes.writeBytes(path.substring(end, escape.start()).getBytes(StandardCharsets.UTF_8));
      bytes.write(HexFormat.fromHexDigits(escape.group(1)));
      end = escape.end();
    }
    bytes.writeBytes(path.substring(end).getBytes(StandardCharsets.UTF_8));
    return bytes.toByteArray();
  }

  /** A name's bytes are taken as they are where a URI brings them, whatever the locale. */
  private static Path path(byte[] bytes) {
    StringBuilder uri = new StringBuilder("file://");
    for (byte octet : bytes) {
      uri.append(
          octet == '/' || octet == ':'
              ? Character.toString(octet)
              : "%%%02X".formatted(octet & 0xff));
    }
    return Path.of(URI.create(uri.toString()));
  }
}
