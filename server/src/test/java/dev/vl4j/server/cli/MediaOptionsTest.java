package dev.vl4j.server.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vl4j.server.media.MediaSettings;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class MediaOptionsTest {
  private static MediaSettings settings(Map<String, String> environment, String... args) {
    MediaOptions options = new MediaOptions();
    CommandLine.Model.CommandSpec spec = CommandLine.Model.CommandSpec.create();
    spec.addMixin("media", CommandLine.Model.CommandSpec.forAnnotatedObject(options));
    new CommandLine(spec).parseArgs(args);
    return options.settings(environment);
  }

  @Test
  void defaults() {
    MediaSettings settings = settings(Map.of());
    assertThat(settings).isEqualTo(MediaSettings.DEFAULT);
    assertThat(settings.timeout()).isEqualTo(Duration.ofSeconds(5));
    assertThat(settings.privateAddresses()).isFalse();
    assertThat(settings.redirects()).isTrue();
    assertThat(settings.domains()).isEmpty();
  }

  @Test
  void optionsGoBeforeVariables() {
    Map<String, String> variables =
        Map.of("VLLM_IMAGE_FETCH_TIMEOUT", "7", "VLLM_MEDIA_URL_ALLOW_REDIRECTS", "0");
    assertThat(settings(variables).timeout()).isEqualTo(Duration.ofSeconds(7));
    assertThat(settings(variables).redirects()).isFalse();
    assertThat(settings(variables, "--media-fetch-timeout", "9").timeout())
        .isEqualTo(Duration.ofSeconds(9));
    assertThat(settings(Map.of("VLLM_MEDIA_URL_ALLOW_REDIRECTS", "1")).redirects()).isTrue();
  }

  @Test
  void domains() {
    assertThat(
            settings(
                    Map.of(),
                    "--allowed-media-domains",
                    "A.example",
                    "bücher.example.",
                    "--allow-private-media-addresses",
                    "--allowed-media-domains",
                    "[::1]")
                .domains())
        .containsExactlyInAnyOrder("a.example", "xn--bcher-kva.example", "[0:0:0:0:0:0:0:1]");
  }

  @ParameterizedTest
  @CsvSource({
    "VLLM_IMAGE_FETCH_TIMEOUT, 0, 1 to 3600",
    "VLLM_IMAGE_FETCH_TIMEOUT, soon, 1 to 3600",
    "VLLM_MEDIA_URL_ALLOW_REDIRECTS, 2, 0 to 1",
    "VLLM_MEDIA_URL_ALLOW_REDIRECTS, no, 0 to 1",
  })
  void variablesWithoutMeaning(String name, String value, String range) {
    assertThatThrownBy(() -> settings(Map.of(name, value)))
        .isInstanceOf(CliException.class)
        .hasMessage("%s: expected %s, found %s".formatted(name, range, value));
  }
}
