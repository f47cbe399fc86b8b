package dev.vl4j.server.media;

import java.net.IDN;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An http or https URL, taken apart once, so that what is checked is what is asked for.
 *
 * @param host a name in ASCII and lower case, an IPv4 address in four decimal numbers, or an IPv6
 *     address in brackets
 * @param target path and query, as the request line has them
 */
record HttpUrl(boolean secure, String host, int port, String target) {
  static final int LONGEST = 8192;
  private static final int LONGEST_SHOWN = 60;

  private static final Pattern AUTHORITY =
      Pattern.compile("(\\[[0-9A-Fa-f:.]*]|[^@:\\[\\]]*)(?::([0-9]{0,5}))?");
  private static final Pattern ABOVE_THE_TOP = Pattern.compile("^(?:/\\.\\.)+(?:/|(?=\\?)|$)");
  private static final Pattern IPV6 = Pattern.compile("\\[[0-9A-Fa-f:.]+]");
  private static final Pattern NAME =
      Pattern.compile("(?=.{1,253}$)[a-z0-9_-]{1,63}(?:\\.[a-z0-9_-]{1,63})*");
  private static final Pattern ENDS_IN_NUMBER = Pattern.compile("(?:.*\\.)?(?:[0-9]+|0x[0-9a-f]*)");
  private static final Pattern IPV4 =
      Pattern.compile("(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\\.(?!$)|$)){4}");

  /**
   * @throws FetchException if it is not one, or has a user in it
   */
  static HttpUrl parse(String url) throws FetchException {
    if (url.length() > LONGEST) {
      throw new FetchException("the URL is longer than %d characters".formatted(LONGEST));
    }
    try {
      return of(new URI(QuotedUrl.of(url)));
    } catch (URISyntaxException e) {
      throw new FetchException("not a URL: %s".formatted(e.getReason()), e);
    }
  }

  /**
   * Where a redirect leads.
   *
   * @throws FetchException if that is no http or https URL
   */
  HttpUrl resolve(String location) throws FetchException {
    if (location.length() > LONGEST) {
      throw new FetchException("redirected to a URL longer than %d characters".formatted(LONGEST));
    }
    // As browsers do and Java does not: a query alone keeps the path, and nothing is above the top.
    String quoted = QuotedUrl.of(location);
    String reference = quoted.startsWith("?") ? target.split("\\?", 2)[0] + quoted : quoted;
    try {
      HttpUrl url =
          of(new URI(scheme() + "://" + authority() + target).resolve(new URI(reference)));
      String below = ABOVE_THE_TOP.matcher(url.target).replaceFirst("/");
      return new HttpUrl(url.secure, url.host, url.port, below);
    } catch (URISyntaxException e) {
      throw new FetchException("redirected to what is not a URL", e);
    }
  }

  private static HttpUrl of(URI uri) throws FetchException {
    String scheme = String.valueOf(uri.getScheme()).toLowerCase(Locale.ROOT);
    if (!scheme.equals("http") && !scheme.equals("https")) {
      throw new FetchException("neither an http nor an https URL");
    }
    String authority = uri.getRawAuthority();
    if (authority == null) {
      throw new FetchException("the URL has no host");
    }
    if (authority.indexOf('@') >= 0) {
      throw new FetchException("the URL has a user name in it");
    }
    Matcher parts = AUTHORITY.matcher(authority);
    if (!parts.matches()) {
      throw new FetchException("not a host and port: " + shown(authority));
    }
    boolean secure = scheme.equals("https");
    return new HttpUrl(
        secure, checkedHost(parts.group(1)), port(parts.group(2), secure), target(uri));
  }

  private static String checkedHost(String host) throws FetchException {
    try {
      return host(host);
    } catch (IllegalArgumentException e) {
      throw new FetchException(String.valueOf(e.getMessage()), e);
    }
  }

  /**
   * The one spelling of a host that all others mean: without a dot at its end, names in ASCII and
   * lower case.
   *
   * @throws IllegalArgumentException if it is neither a name nor an address; addresses in fewer or
   *     other than four decimal numbers are none
   */
  static String host(String host) {
    if (IPV6.matcher(host).matches()) {
      InetAddress address = InetAddress.ofLiteral(unbracketed(host));
      String text = address.getHostAddress();
      return address instanceof Inet4Address ? text : "[" + text + "]"; // mapped ones are IPv4
    }
    String name = ascii(host).toLowerCase(Locale.ROOT);
    if (name.endsWith(".")) {
      name = name.substring(0, name.length() - 1);
    }
    boolean valid =
        ENDS_IN_NUMBER.matcher(name).matches()
            ? IPV4.matcher(name).matches()
            : NAME.matcher(name).matches();
    if (!valid) {
      throw noName(host);
    }
    return name;
  }

  private static String ascii(String host) {
    try {
      return IDN.toASCII(host, IDN.ALLOW_UNASSIGNED);
    } catch (IllegalArgumentException _) {
      throw noName(host); // Java's reason names its classes
    }
  }

  private static IllegalArgumentException noName(String host) {
    return new IllegalArgumentException("not a host name: " + shown(host));
  }

  private static String shown(String text) {
    return text.length() <= LONGEST_SHOWN ? text : text.substring(0, LONGEST_SHOWN) + "...";
  }

  private static int port(@Nullable String digits, boolean secure) throws FetchException {
    int port = digits == null || digits.isEmpty() ? defaultPort(secure) : Integer.parseInt(digits);
    if (port < 1 || port > 65535) {
      throw new FetchException("not a port: " + digits);
    }
    return port;
  }

  private static int defaultPort(boolean secure) {
    return secure ? 443 : 80;
  }

  private static String target(URI uri) {
    String path = uri.getRawPath();
    String query = uri.getRawQuery();
    return (path == null || path.isEmpty() ? "/" : path) + (query == null ? "" : "?" + query);
  }

  String scheme() {
    return secure ? "https" : "http";
  }

  /** Host and port as the header {@code Host} has them. */
  String authority() {
    return port == defaultPort(secure) ? host : host + ":" + port;
  }

  /** The address that the host is, or null if it is a name. */
  @Nullable InetAddress literal() {
    return host.startsWith("[") || IPV4.matcher(host).matches()
        ? InetAddress.ofLiteral(hostName())
        : null;
  }

  /** The host as certificates have it. */
  String hostName() {
    return unbracketed(host);
  }

  private static String unbracketed(String host) {
    return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
  }
}
