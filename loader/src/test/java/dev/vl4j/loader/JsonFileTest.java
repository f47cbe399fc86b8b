package dev.vl4j.loader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonFileTest {
  @TempDir private Path directory;
  private Path path;
  private JsonFile json;

  @BeforeEach
  void read() throws IOException {
    path = directory.resolve("config.json");
    Files.writeString(
        path,
        """
        {
          "text_config": {
            "hidden_size": 2048, "eps": 1e-6, "theta": 5000000, "name": "x", "tied": true,
            "big": 3000000000, "huge": 99999999999999999999, "integral": 2.0, "infinite": 1e999,
            "sections": [24, 20, 20], "mean": [0.5, 1], "mixed": [1, "2"], "nothing": null
          },
          "list": [{"type": "a"}, {"type": "b"}],
          "names": ["p", "q"]
        }
        """);
    json = JsonFile.read(path);
  }

  @Test
  void typedFields() {
    assertThat(json.path()).isEqualTo(path);
    assertThat(json.keys()).containsExactly("text_config", "list", "names");
    assertThat(json.requireInt("text_config.hidden_size")).isEqualTo(2048);
    assertThat(json.requireLong("text_config.big")).isEqualTo(3_000_000_000L);
    assertThat(json.requireDouble("text_config.eps")).isEqualTo(1e-6);
    assertThat(json.requireDouble("text_config.theta")).isEqualTo(5e6);
    assertThat(json.requireString("text_config.name")).isEqualTo("x");
    assertThat(json.requireBoolean("text_config.tied")).isTrue();
    assertThat(json.requireInts("text_config.sections")).containsExactly(24, 20, 20);
    assertThat(json.requireDoubles("text_config.mean")).containsExactly(0.5, 1);
    assertThat(json.requireStrings("names")).containsExactly("p", "q");
    assertThat(json.requireSections("list"))
        .extracting(section -> section.requireString("type"))
        .containsExactly("a", "b");
  }

  @Test
  void optionalFields() {
    assertThat(json.optInt("text_config.hidden_size")).hasValue(2048);
    assertThat(json.optLong("text_config.big")).hasValue(3_000_000_000L);
    assertThat(json.optDouble("text_config.eps")).hasValue(1e-6);
    assertThat(json.optString("text_config.name")).isEqualTo("x");
    assertThat(json.optBoolean("text_config.tied")).isTrue();
    assertThat(json.optInts("text_config.sections")).containsExactly(24, 20, 20);
    assertThat(json.optDoubles("text_config.mean")).containsExactly(0.5, 1);
    for (String absent : new String[] {"none", "none.at.all", "text_config.nothing"}) {
      assertThat(json.has(absent)).isFalse();
      assertThat(json.optInt(absent)).isEmpty();
      assertThat(json.optLong(absent)).isEmpty();
      assertThat(json.optDouble(absent)).isEmpty();
      assertThat(json.optString(absent)).isNull();
      assertThat(json.optBoolean(absent)).isNull();
      assertThat(json.optInts(absent)).isNull();
      assertThat(json.optDoubles(absent)).isNull();
      assertThat(json.optSection(absent)).isEmpty();
    }
  }

  @Test
  void sectionsKeepTheirPathInErrors() {
    JsonFile text = json.section("text_config");
    assertThat(text.requireInt("hidden_size")).isEqualTo(2048);
    refused(
        () -> text.requireInt("name"),
        "text_config.name: expected an integer of 32 bits, found string \"x\"");
    refused(
        () -> json.requireSections("list").get(1).requireInt("type"),
        "list[1].type: expected an integer of 32 bits, found string \"b\"");
  }

  @Test
  void absentFieldsAreNamed() {
    refused(() -> json.requireInt("none"), "none: expected an integer, found nothing");
    refused(
        () -> json.requireString("text_config.nothing"),
        "text_config.nothing: expected a string, found nothing");
    refused(() -> json.section("vision"), "vision: expected an object, found nothing");
  }

  @Test
  void otherTypesAreRefused() {
    String number = ": expected an integer of 32 bits, found ";
    refused(() -> json.requireInt("text_config.integral"), "text_config.integral" + number + "2.0");
    refused(() -> json.optInt("text_config.integral"), "text_config.integral" + number + "2.0");
    refused(() -> json.requireInt("text_config.big"), "text_config.big" + number + "3000000000");
    refused(
        () -> json.requireLong("text_config.huge"),
        "text_config.huge: expected an integer of 64 bits, found 99999999999999999999");
    refused(() -> json.requireInt("text_config"), "text_config" + number + "an object");
    refused(() -> json.requireInt("names"), "names" + number + "an array");
    refused(
        () -> json.requireDouble("text_config.name"),
        "text_config.name: expected a finite number, found string \"x\"");
    refused(
        () -> json.requireString("text_config.tied"),
        "text_config.tied: expected a string, found true");
    refused(
        () -> json.requireBoolean("text_config.hidden_size"),
        "text_config.hidden_size: expected true or false, found 2048");
    refused(
        () -> json.requireInts("text_config.mixed"),
        "text_config.mixed[1]" + number + "string \"2\"");
    refused(
        () -> json.requireDoubles("text_config.eps"),
        "text_config.eps: expected an array, found 1.0E-6");
    refused(
        () -> json.requireInt("text_config.name.x"),
        "text_config.name: expected an object, found string \"x\"");
    refused(
        () -> json.has("text_config.name.x"),
        "text_config.name: expected an object, found string \"x\"");
    assertThatThrownBy(() -> json.requireDouble("text_config.infinite"))
        .isInstanceOf(LoaderException.class)
        .hasMessageContaining("text_config.infinite: expected a finite number, found ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"{", "", "{\"a\":1,\"a\":2}", "{} {}", "{\"a\":NaN}", "{'a':1}", "7"})
  void aBrokenFileIsNamed(String text) throws IOException {
    Files.writeString(path, text);
    assertThatThrownBy(() -> JsonFile.read(path))
        .isInstanceOf(LoaderException.class)
        .hasMessageStartingWith(path + ": ")
        .hasMessageNotContaining("\n");
  }

  @Test
  void aFileThatIsNotUtf8OrNotThere() throws IOException {
    Files.write(path, new byte[] {'{', '"', (byte) 0xe9, '"', ':', '1', '}'});
    assertThatThrownBy(() -> JsonFile.read(path))
        .isInstanceOf(LoaderException.class)
        .hasMessage(path + ": is not valid UTF-8");
    Files.delete(path);
    assertThatThrownBy(() -> JsonFile.read(path))
        .isInstanceOf(LoaderException.class)
        .hasMessage(path + ": no such file");
  }

  private void refused(ThrowingCallable access, String message) {
    assertThatThrownBy(access)
        .isInstanceOf(LoaderException.class)
        .hasMessage(path + ": " + message);
  }
}
