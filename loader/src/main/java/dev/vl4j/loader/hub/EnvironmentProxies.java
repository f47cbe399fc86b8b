package dev.vl4j.loader.hub;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Proxies as {@code HTTPS_PROXY}, {@code HTTP_PROXY}, {@code ALL_PROXY} and {@code NO_PROXY} name
 * them, in upper or lower case; Java itself only knows its own properties.
 */
final class EnvironmentProxies extends ProxySelector {
  private static final int DEFAULT_PORT = 80;

  private final @Nullable Proxy secure;
  private final @Nullable Proxy plain;
  private final List<String> exceptions;

  private EnvironmentProxies(
      @Nullable Proxy secure, @Nullable Proxy plain, List<String> exceptions) {
    this.secure = secure;
    this.plain = plain;
    this.exceptions = exceptions;
  }

  /**
   * The proxies of an environment, or Java's own if it names none.
   *
   * @throws HubException if a variable names no proxy that can be used
   */
  static ProxySelector of(Map<String, String> environment) {
    Proxy secure = proxy(environment, "https_proxy");
    Proxy plain = proxy(environment, "http_proxy");
    if (secure == null && plain == null) {
      return ProxySelector.getDefault();
    }
    String none = value(environment, "no_proxy");
    return new EnvironmentProxies(
        secure,
        plain,
        List.of((none == null ? "" : none.toLowerCase(Locale.ROOT)).split("[,\\s]+", -1)));
  }

  private static @Nullable String value(Map<String, String> environment, String name) {
    String value = environment.get(name);
    value = value == null ? environment.get(name.toUpperCase(Locale.ROOT)) : value;
    return value == null || value.isBlank() ? null : value.strip();
  }

  private static @Nullable Proxy proxy(Map<String, String> environment, String name) {
    String own = value(environment, name);
    String value = own == null ? value(environment, "all_proxy") : own;
    if (value == null) {
      return null;
    }
    String variable = (own == null ? "all_proxy" : name).toUpperCase(Locale.ROOT);
    URI uri;
    try {
      uri = URI.create(value.contains("://") ? value : "http://" + value);
    } catch (IllegalArgumentException e) {
      throw new HubException(variable + ": expected http://HOST:PORT, found no URL", e);
    }
    // The value is not quoted: it may hold a password.
    if (uri.getUserInfo() != null) {
      throw new HubException(variable + ": user and password of a proxy are not supported");
    }
    if (uri.getHost() == null || !"http".equalsIgnoreCase(uri.getScheme())) {
      throw new HubException(variable + ": expected http://HOST:PORT, found another kind of URL");
    }
    int port = uri.getPort() < 0 ? DEFAULT_PORT : uri.getPort();
    return new Proxy(Proxy.Type.HTTP, InetSocketAddress.createUnresolved(uri.getHost(), port));
  }

  @Override
  public List<Proxy> select(URI uri) {
    Proxy proxy = "https".equalsIgnoreCase(uri.getScheme()) ? secure : plain;
    String host = uri.getHost() == null ? "" : uri.getHost().toLowerCase(Locale.ROOT);
    boolean direct = exceptions.stream().anyMatch(exception -> covers(exception, host));
    return List.of(proxy == null || direct ? Proxy.NO_PROXY : proxy);
  }

  private static boolean covers(String exception, String host) {
    String domain = exception.startsWith(".") ? exception.substring(1) : exception;
    return domain.equals("*")
        || (!domain.isEmpty() && (host.equals(domain) || host.endsWith("." + domain)));
  }

  @Override
  public void connectFailed(URI uri, SocketAddress address, IOException failure) {
    // There is no other proxy to turn to; the failure itself reaches the caller.
  }
}
