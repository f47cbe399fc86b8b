package dev.vl4j.loader.hub;

import java.io.IOException;
import java.net.ProxySelector;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How a hub is reached and where its models are kept.
 *
 * @param hub which one it is
 * @param endpoint scheme and host, and a path if the hub has one; without a slash at its end
 * @param cache the directory that holds a folder for each repository
 * @param token what the hub, and no other host, is shown; null for none
 * @param offline whether nothing but the cache is asked
 * @param symlinks whether snapshots may link to blobs; otherwise they hold the files themselves
 * @param answerTimeout how long the hub may take to connect and to begin an answer
 * @param stallTimeout how long a download may bring next to nothing before it is broken off
 * @param proxies through which hosts are reached
 */
public record HubSettings(
    Hub hub,
    URI endpoint,
    Path cache,
    @Nullable String token,
    boolean offline,
    boolean symlinks,
    Duration answerTimeout,
    Duration stallTimeout,
    ProxySelector proxies) {

  private static final Set<String> TRUE = Set.of("1", "ON", "YES", "TRUE");
  private static final Pattern VARIABLE = Pattern.compile("\\$(?:(\\w+)|\\{(\\w+)\\})");

  /**
   * @throws NullPointerException if anything but the token is null
   * @throws IllegalArgumentException if a timeout is not above 0
   */
  public HubSettings {
    Objects.requireNonNull(hub, "hub");
    Objects.requireNonNull(endpoint, "endpoint");
    Objects.requireNonNull(cache, "cache");
    Objects.requireNonNull(answerTimeout, "answerTimeout");
    Objects.requireNonNull(stallTimeout, "stallTimeout");
    Objects.requireNonNull(proxies, "proxies");
    requirePositive("answerTimeout", answerTimeout);
    requirePositive("stallTimeout", stallTimeout);
  }

  private static void requirePositive(String name, Duration timeout) {
    if (!timeout.isPositive()) {
      throw new IllegalArgumentException(
          "%s: expected more than 0, found %s".formatted(name, timeout));
    }
  }

  /** Settings with the proxies that Java's own properties name. */
  public HubSettings(
      Hub hub,
      URI endpoint,
      Path cache,
      @Nullable String token,
      boolean offline,
      boolean symlinks,
      Duration answerTimeout,
      Duration stallTimeout) {
    this(
        hub,
        endpoint,
        cache,
        token,
        offline,
        symlinks,
        answerTimeout,
        stallTimeout,
        ProxySelector.getDefault());
  }

  /**
   * The settings of this process's environment, as {@link #of(Hub, Map, Path)} reads it. Without
   * any variables: huggingface.co, {@code ~/.cache/huggingface/hub}, no token, online, links, and
   * 10 seconds for answers and for stalls.
   */
  public static HubSettings of(Hub hub) {
    return of(hub, System.getenv(), Path.of(System.getProperty("user.home")));
  }

  /**
   * The settings of an environment, read as the hub's own Python library reads it: {@code HF_HOME},
   * {@code HF_HUB_CACHE}, {@code HF_ENDPOINT}, {@code HF_TOKEN}, {@code HF_TOKEN_PATH}, {@code
   * HF_HUB_OFFLINE}, {@code HF_HUB_DISABLE_SYMLINKS}, {@code HF_HUB_ETAG_TIMEOUT} and {@code
   * HF_HUB_DOWNLOAD_TIMEOUT}; for ModelScope {@code MODELSCOPE_CACHE}, {@code MODELSCOPE_ENDPOINT}
   * and {@code MODELSCOPE_API_TOKEN} in the place of the first five; and the usual variables for
   * proxies.
   *
   * @throws HubException if a variable cannot be what it should be
   */
  public static HubSettings of(Hub hub, Map<String, String> environment, Path home) {
    Objects.requireNonNull(hub, "hub");
    Objects.requireNonNull(environment, "environment");
    Objects.requireNonNull(home, "home");
    Environment variables = new Environment(environment, home);
    return new HubSettings(
        hub,
        hub == Hub.HUGGING_FACE
            ? variables.endpoint("https://huggingface.co", "HF_ENDPOINT")
            : variables.endpoint(
                "https://www.modelscope.cn", "MODELSCOPE_ENDPOINT", "MODELSCOPE_DOMAIN"),
        hub == Hub.HUGGING_FACE ? variables.huggingFaceCache() : variables.modelScopeCache(),
        hub == Hub.HUGGING_FACE
            ? variables.huggingFaceToken()
            : Environment.clean(variables.first("MODELSCOPE_API_TOKEN")),
        variables.isTrue("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"),
        !variables.isTrue("HF_HUB_DISABLE_SYMLINKS"),
        variables.seconds("HF_HUB_ETAG_TIMEOUT"),
        variables.seconds("HF_HUB_DOWNLOAD_TIMEOUT"),
        EnvironmentProxies.of(environment));
  }

  /** The same hub with its models in another directory. */
  public HubSettings withCache(Path other) {
    return new HubSettings(
        hub, endpoint, other, token, offline, symlinks, answerTimeout, stallTimeout, proxies);
  }

  /** Leaves the token out, so that no log ever has it. */
  @Override
  public String toString() {
    return "%s at %s, cache %s".formatted(hub.title(), endpoint, cache);
  }

  private record Environment(Map<String, String> variables, Path home) {
    private static final String DEFAULT_TIMEOUT_SECONDS = "10";

    /** The first of some variables that is set to something. */
    @Nullable String first(String... names) {
      for (String name : names) {
        String value = variables.get(name);
        if (value != null && !value.isBlank()) {
          return value.strip();
        }
      }
      return null;
    }

    boolean isTrue(String... names) {
      String value = first(names);
      return value != null && TRUE.contains(value.toUpperCase(Locale.ROOT));
    }

    Duration seconds(String name) {
      String value = first(name);
      try {
        int seconds = Integer.parseInt(value == null ? DEFAULT_TIMEOUT_SECONDS : value);
        if (seconds > 0) {
          return Duration.ofSeconds(seconds);
        }
      } catch (NumberFormatException e) {
        // Said below, as for a number that is too small.
      }
      throw new HubException(
          "%s: expected seconds, a number above 0, found %s"
              .formatted(name, HubException.quote(String.valueOf(value))));
    }

    URI endpoint(String otherwise, String... names) {
      String value = first(names);
      String text = value == null ? otherwise : value;
      String url = (text.contains("://") ? text : "https://" + text).replaceAll("/+$", "");
      try {
        URI endpoint = URI.create(url);
        if (endpoint.getHost() != null
            && Set.of("http", "https").contains(endpoint.getScheme().toLowerCase(Locale.ROOT))) {
          return endpoint;
        }
      } catch (IllegalArgumentException e) {
        // Said below, as for a URL of another kind.
      }
      throw new HubException(
          "%s: expected a URL such as %s, found %s"
              .formatted(names[0], otherwise, HubException.quote(text)));
    }

    Path huggingFaceHome() {
      String hf = first("HF_HOME");
      if (hf != null) {
        return path(hf);
      }
      String xdg = first("XDG_CACHE_HOME");
      return (xdg == null ? home.resolve(".cache") : path(xdg)).resolve("huggingface");
    }

    Path huggingFaceCache() {
      String cache = first("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE");
      return cache == null ? huggingFaceHome().resolve("hub") : path(cache);
    }

    Path modelScopeCache() {
      String cache = first("MODELSCOPE_CACHE");
      return cache == null ? home.resolve(".cache/modelscope/hub") : path(cache);
    }

    @Nullable String huggingFaceToken() {
      String token = clean(first("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"));
      if (token != null || isTrue("HF_HUB_DISABLE_IMPLICIT_TOKEN")) {
        return token;
      }
      String named = first("HF_TOKEN_PATH");
      Path file = named == null ? huggingFaceHome().resolve("token") : path(named);
      try {
        return clean(Files.readString(file));
      } catch (NoSuchFileException e) {
        return null;
      } catch (IOException e) {
        throw HubException.unreadable(file, e);
      }
    }

    static @Nullable String clean(@Nullable String token) {
      String clean = token == null ? "" : token.replaceAll("[\r\n]", "").strip();
      return clean.isEmpty() ? null : clean;
    }

    /** A path with {@code ~} and variables, which a shell does not see in a container's file. */
    Path path(String text) {
      String expanded = text.equals("~") || text.startsWith("~/") ? home + text.substring(1) : text;
      Matcher matcher = VARIABLE.matcher(expanded);
      String whole =
          matcher.replaceAll(found -> {
            String name = found.group(1) == null ? found.group(2) : found.group(1);
            String value = variables.get(name);
            return Matcher.quoteReplacement(value == null ? found.group() : value);
          });
      try {
        return Path.of(whole);
      } catch (InvalidPathException e) {
        throw new HubException(
            "the environment names no path that Java can read in the character set %s: %s"
                .formatted(System.getProperty("sun.jnu.encoding"), HubException.quote(whole)),
            e);
      }
    }
  }
}
