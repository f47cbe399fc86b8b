package dev.vl4j.server.cli;

import dev.vl4j.server.media.MediaSettings;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which pictures are fetched by http and https URLs. */
final class MediaOptions {
  private static final int LONGEST_SECONDS = 3600;

  @Option(
      names = "--allowed-media-domains",
      arity = "1..*",
      paramLabel = "HOST",
      description = "The only hosts that pictures are fetched from; any public ones if left out.")
  @Nullable List<String> domains;

  @Option(
      names = "--media-fetch-timeout",
      paramLabel = "SECONDS",
      description =
          "How long fetching a picture may take; VLLM_IMAGE_FETCH_TIMEOUT, or else 5, if left out.")
  @Nullable String timeout;

  @Option(
      names = "--allow-private-media-addresses",
      description =
          "Fetch pictures from loopback, private, link-local and other special addresses, too.")
  boolean privateAddresses;

  /**
   * @throws CliException if an option or a variable has no meaning
   */
  MediaSettings settings(Map<String, String> environment) {
    MediaSettings settings =
        MediaSettings.DEFAULT
            .withPrivateAddresses(privateAddresses)
            .withTimeout(timeout(environment))
            .withRedirects(redirects(environment));
    if (domains == null) {
      return settings;
    }
    try {
      return settings.withDomains(domains);
    } catch (IllegalArgumentException e) {
      throw new CliException("--allowed-media-domains: " + Errors.message(e), e);
    }
  }

  private Duration timeout(Map<String, String> environment) {
    String variable = environment.get("VLLM_IMAGE_FETCH_TIMEOUT");
    if (timeout != null) {
      return Duration.ofSeconds(number("--media-fetch-timeout", timeout, 1, LONGEST_SECONDS));
    }
    return variable == null
        ? MediaSettings.DEFAULT.timeout()
        : Duration.ofSeconds(number("VLLM_IMAGE_FETCH_TIMEOUT", variable, 1, LONGEST_SECONDS));
  }

  private static boolean redirects(Map<String, String> environment) {
    String name = "VLLM_MEDIA_URL_ALLOW_REDIRECTS";
    String variable = environment.get(name);
    return variable == null || number(name, variable, 0, 1) == 1;
  }

  private static int number(String name, String text, int least, int most) {
    try {
      int number = Integer.parseInt(text.strip());
      if (number >= least && number <= most) {
        return number;
      }
    } catch (NumberFormatException _) {
      // Said below.
    }
    throw new CliException("%s: expected %d to %d, found %s".formatted(name, least, most, text));
  }
}
