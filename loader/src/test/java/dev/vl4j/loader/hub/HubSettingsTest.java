package dev.vl4j.loader.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The environment, read as Python reads it. */
class HubSettingsTest {
  @TempDir Path home;

  private HubSettings settings(String... variables) {
    return settings(Hub.HUGGING_FACE, variables);
  }

  private HubSettings settings(Hub hub, String... variables) {
    Map<String, String> environment = new HashMap<>();
    for (int i = 0; i < variables.length; i += 2) {
      environment.put(variables[i], variables[i + 1]);
    }
    return HubSettings.of(hub, environment, home);
  }

  @Test
  void nothingSet() {
    HubSettings settings = settings();
    assertThat(settings.cache()).isEqualTo(home.resolve(".cache/huggingface/hub"));
    assertThat(settings.endpoint()).hasToString("https://huggingface.co");
    assertThat(settings.token()).isNull();
    assertThat(settings.offline()).isFalse();
    assertThat(settings.symlinks()).isTrue();
    assertThat(settings.stallTimeout()).isEqualTo(Duration.ofSeconds(10));
  }

  @Test
  void cache() {
    assertThat(settings("HF_HUB_CACHE", "/a", "HF_HOME", "/b").cache()).isEqualTo(Path.of("/a"));
    assertThat(settings("HUGGINGFACE_HUB_CACHE", "/a").cache()).isEqualTo(Path.of("/a"));
    assertThat(settings("HF_HOME", "/b").cache()).isEqualTo(Path.of("/b/hub"));
    assertThat(settings("XDG_CACHE_HOME", "/x").cache()).isEqualTo(Path.of("/x/huggingface/hub"));
    assertThat(settings("HF_HOME", "~/hf").cache()).isEqualTo(home.resolve("hf/hub"));
    assertThat(settings("HF_HOME", "$DATA/${SUB}/$NONE", "DATA", "/d", "SUB", "s").cache())
        .isEqualTo(Path.of("/d/s/$NONE/hub"));
    assertThat(settings("HF_HUB_CACHE", " ").cache())
        .isEqualTo(home.resolve(".cache/huggingface/hub"));
  }

  @Test
  void token() throws IOException {
    Path file = Files.createDirectories(home.resolve("hf")).resolve("token");
    String hf = file.getParent().toString();
    assertThat(settings("HF_HOME", hf).token()).isNull();
    Files.writeString(file, "from_file\n");
    assertThat(settings("HF_HOME", hf).token()).isEqualTo("from_file");
    assertThat(settings("HF_TOKEN_PATH", file.toString()).token()).isEqualTo("from_file");
    assertThat(settings("HF_HOME", hf, "HF_HUB_DISABLE_IMPLICIT_TOKEN", "1").token()).isNull();
    HubSettings named = settings("HF_HOME", hf, "HF_TOKEN", " named \n");
    assertThat(named.token()).isEqualTo("named");
    assertThat(named.toString()).doesNotContain("named");
    assertThat(settings(Hub.MODELSCOPE, "HF_TOKEN", "named").token()).isNull();
  }

  @Test
  void switches() {
    assertThat(settings("HF_HUB_OFFLINE", "true").offline()).isTrue();
    assertThat(settings("HF_HUB_OFFLINE", "0").offline()).isFalse();
    assertThat(settings("TRANSFORMERS_OFFLINE", "1").offline()).isTrue();
    assertThat(settings("HF_HUB_DISABLE_SYMLINKS", "YES").symlinks()).isFalse();
    assertThat(settings("HF_HUB_DOWNLOAD_TIMEOUT", "30").stallTimeout())
        .isEqualTo(Duration.ofSeconds(30));
  }

  @Test
  void endpoint() {
    assertThat(settings("HF_ENDPOINT", "https://mirror.example/hf/").endpoint())
        .hasToString("https://mirror.example/hf");
    assertThat(settings(Hub.MODELSCOPE, "MODELSCOPE_DOMAIN", "www.modelscope.ai").endpoint())
        .hasToString("https://www.modelscope.ai");
    assertThatExceptionOfType(HubException.class)
        .isThrownBy(() -> settings("HF_ENDPOINT", "ftp://x"))
        .withMessageContainingAll("HF_ENDPOINT", "ftp://x");
    assertThatExceptionOfType(HubException.class)
        .isThrownBy(() -> settings("HF_HUB_ETAG_TIMEOUT", "soon"))
        .withMessageContainingAll("HF_HUB_ETAG_TIMEOUT", "soon");
  }

  @Test
  void timeoutsAreAboveZero() {
    HubSettings ready = settings();
    assertThatExceptionOfType(IllegalArgumentException.class)
        .isThrownBy(() ->
            new HubSettings(
                ready.hub(),
                ready.endpoint(),
                ready.cache(),
                null,
                false,
                true,
                ready.answerTimeout(),
                Duration.ZERO))
        .withMessage("stallTimeout: expected more than 0, found PT0S");
  }

  @Test
  void modelScope() {
    HubSettings settings =
        settings(Hub.MODELSCOPE, "MODELSCOPE_CACHE", "/m", "MODELSCOPE_API_TOKEN", "t");
    assertThat(settings.cache()).isEqualTo(Path.of("/m"));
    assertThat(settings.token()).isEqualTo("t");
    assertThat(settings(Hub.MODELSCOPE).cache()).isEqualTo(home.resolve(".cache/modelscope/hub"));
    assertThat(settings(Hub.MODELSCOPE).endpoint()).hasToString("https://www.modelscope.cn");
  }
}
