package dev.vl4j.loader.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is an id, and what it means. */
class ModelIdTest {
  @ParameterizedTest
  @CsvSource({
    "Qwen/Qwen3-VL-Reranker-2B, HUGGING_FACE, Qwen/Qwen3-VL-Reranker-2B, main",
    "a/b@v1.0, HUGGING_FACE, a/b, v1.0",
    "a/b@refs/pr/3, HUGGING_FACE, a/b, refs/pr/3",
    "modelscope:Qwen/Qwen3-VL-Reranker-2B, MODELSCOPE, Qwen/Qwen3-VL-Reranker-2B, master",
    "modelscope:a/b@dev, MODELSCOPE, a/b, dev",
  })
  void parts(String text, Hub hub, String name, String revision) {
    assertThat(ModelId.isId(text)).isTrue();
    assertThat(ModelId.parse(text)).isEqualTo(new ModelId(hub, name, revision));
    assertThat(ModelId.parse(text)).hasToString(text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "demo",
        "./a/b",
        "/a/b",
        "a/b/c",
        "~/model",
        "../b",
        "a/..",
        "a/b/",
        "a--b/c",
        "a/b..c",
        "-a/b",
        "a/b-",
        "a/b.git",
        "C:/x",
        "a\\b",
        "a /b",
        "modelscope:",
        "models/ä"
      })
  void pathsAreNoIds(String text) {
    assertThat(ModelId.isId(text)).isFalse();
    assertThatExceptionOfType(HubException.class)
        .isThrownBy(() -> ModelId.parse(text))
        .withMessageContaining("expected a model id such as");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "../x", "a/../b", "/a", "a//b", "a\\b", "a\nb"})
  void revisionsThatLeadElsewhere(String revision) {
    assertThatExceptionOfType(HubException.class)
        .isThrownBy(() -> ModelId.parse("a/b").withRevision(revision))
        .withMessageContainingAll("a/b", "revision", "expected a branch");
  }

  @Test
  void onModelScope() {
    assertThat(ModelId.parse("a/b").onModelScope()).hasToString("modelscope:a/b");
    assertThat(ModelId.parse("a/b@v2").onModelScope()).hasToString("modelscope:a/b@v2");
  }
}
