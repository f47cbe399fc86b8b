package dev.vl4j.server.http;

import dev.vl4j.server.transport.Reply;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * The page at {@code /} and what it is made of. It holds no secrets, so it is shown to everybody;
 * what it asks the API for needs a key like any other request.
 */
final class PlaygroundRoutes {
  private static final String ROOT = "/playground/";
  private static final String PAGE = "index.html";

  private static final Map<String, String> TYPES =
      Map.of(
          "html", "text/html; charset=utf-8",
          "css", "text/css; charset=utf-8",
          "js", "text/javascript; charset=utf-8",
          "svg", "image/svg+xml");

  /** All that is served; nothing is looked up by what a client asks for. */
  private static final List<String> NAMES =
      List.of(
          PAGE,
          "icon.svg",
          "playground.css",
          "request.css",
          "results.css",
          "similarities.css",
          "playground.js",
          "api.js",
          "clipboard.js",
          "content.js",
          "dom.js",
          "editor.js",
          "embed.js",
          "errors.js",
          "examples.js",
          "map.js",
          "pictures.js",
          "rank.js",
          "results.js",
          "search.js",
          "searchresults.js",
          "session.js",
          "similarities.js",
          "similarity.js",
          "task.js");

  private static final Map<String, String> FILES = files();

  /** The paths of all files. */
  static final Set<String> PATHS = FILES.keySet();

  /** The page talks to this server alone and holds no code of its own. */
  private static final String POLICY =
      String.join(
          "; ",
          "default-src 'none'",
          "script-src 'self'",
          "style-src 'self'",
          "img-src 'self' data: blob:",
          "connect-src 'self'",
          "base-uri 'none'",
          "form-action 'none'",
          "frame-ancestors 'none'");

  private static Map<String, String> files() {
    Map<String, String> files = new HashMap<>();
    NAMES.forEach(name -> files.put(name.equals(PAGE) ? "/" : ROOT + name, name));
    return Map.copyOf(files);
  }

  void addTo(Routes routes) {
    FILES.forEach((path, name) -> {
      byte[] content = read(name);
      String tag = tag(content);
      Reply whole = new Reply(200, type(name), content, headers(tag), null);
      Reply unchanged = new Reply(304, type(name), new byte[0], headers(tag), null);
      routes.getAndHead(
          path, call -> matches(call.header("If-None-Match"), tag) ? unchanged : whole);
    });
  }

  /**
   * @param wanted tags separated by commas, or a star for any
   */
  private static boolean matches(String wanted, String tag) {
    return Arrays.stream(wanted.split(",", -1))
        .map(String::strip)
        .map(one -> one.startsWith("W/") ? one.substring(2) : one)
        .anyMatch(one -> one.equals("*") || one.equals(tag));
  }

  private static Map<String, String> headers(String tag) {
    return Map.of(
        "ETag", tag,
        // To be asked for each time, which costs next to nothing if nothing has changed.
        "Cache-Control", "no-cache",
        "Content-Security-Policy", POLICY,
        "Cross-Origin-Resource-Policy", "same-origin",
        "Referrer-Policy", "no-referrer",
        "X-Content-Type-Options", "nosniff");
  }

  private static String type(String name) {
    return Objects.requireNonNull(TYPES.get(name.substring(name.lastIndexOf('.') + 1)));
  }

  private static byte[] read(String name) {
    try (InputStream in = PlaygroundRoutes.class.getResourceAsStream("playground/" + name)) {
      if (in == null) {
        throw new IllegalStateException("file " + name + " is missing in the build");
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String tag(byte[] content) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(content);
      return '"' + HexFormat.of().formatHex(digest, 0, 16) + '"';
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }
}
