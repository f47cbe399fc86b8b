package dev.vl4j.loader.hub;

import static dev.vl4j.loader.hub.FakeHub.MODEL;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.net.ProxySelector;
import java.net.URI;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Proxies from the environment. */
class EnvironmentProxiesTest {
  private static final Map<String, String> ENVIRONMENT =
      Map.of(
          "HTTPS_PROXY", "http://secure.example:3128/",
          "http_proxy", "plain.example:8080",
          "NO_PROXY", "localhost, .inner.example,exact.example");

  @ParameterizedTest
  @CsvSource({
    "https://huggingface.co/x, secure.example/<unresolved>:3128",
    "http://huggingface.co/x, plain.example/<unresolved>:8080",
    "https://localhost/, DIRECT",
    "https://a.inner.example/, DIRECT",
    "https://inner.example/, DIRECT",
    "https://winner.example/, secure.example/<unresolved>:3128",
    "https://EXACT.example/, DIRECT",
  })
  void choice(String address, String expected) {
    assertThat(EnvironmentProxies.of(ENVIRONMENT).select(URI.create(address)).toString())
        .contains(expected);
  }

  @Test
  void withoutVariablesJavaDecides() {
    assertThat(EnvironmentProxies.of(Map.of("NO_PROXY", "*"))).isSameAs(ProxySelector.getDefault());
    assertThat(
            EnvironmentProxies.of(Map.of("ALL_PROXY", "http://all.example:1"))
                .select(URI.create("https://x"))
                .toString())
        .contains("all.example/<unresolved>:1");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"http://me:secret@proxy.example:1", "socks5://proxy.example:1", "http://"})
  void proxiesThatCannotBeUsed(String proxy) {
    assertThatExceptionOfType(HubException.class)
        .isThrownBy(() -> EnvironmentProxies.of(Map.of("HTTPS_PROXY", proxy)))
        .withMessageContaining("HTTPS_PROXY: ")
        .withMessageNotContaining("secret");
  }

  @Test
  void requestsGoThroughTheProxy(@TempDir Path cache) throws IOException {
    try (FakeHub server = new FakeHub()) {
      String proxy = server.settings(cache).endpoint().getAuthority();
      HubSettings settings =
          HubSettings.of(
              Hub.HUGGING_FACE,
              Map.of(
                  "HTTP_PROXY",
                  proxy,
                  "NO_PROXY",
                  "localhost",
                  "HF_ENDPOINT",
                  "http://hub.invalid",
                  "HF_HUB_CACHE",
                  cache.toString()),
              cache);
      Path snapshot = new Notes().hub(settings).pull(ModelId.parse(MODEL));
      assertThat(snapshot.resolve("config.json")).exists();
      assertThat(server.requests.getFirst().path()).startsWith("http://hub.invalid/api/models/");
    }
  }
}
