package dev.vl4j.server.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/** As vLLM's own parser reads such files. */
class ConfigFileTest {
  private static final CommandSpec SERVE =
      new CommandLine(
              new ServeCommand(
                  new Streams(
                      InputStream.nullInputStream(),
                      new PrintStream(PrintStream.nullOutputStream()),
                      new PrintStream(PrintStream.nullOutputStream()),
                      false),
                  new CommandLineHarness(),
                  _ -> {},
                  Map.of(),
                  false))
          .getCommandSpec();

  @TempDir Path folder;

  private List<String> expand(String yaml, String... args) throws IOException {
    Path file = Files.writeString(folder.resolve("config.yaml"), yaml);
    List<String> line = new ArrayList<>(List.of(args));
    line.addAll(line.size() / 2, List.of("--config", file.toString()));
    return ConfigFile.expand(SERVE, line);
  }

  @Test
  void namesAndValues() throws IOException {
    assertThat(
            expand(
                """
                # as in vLLM's documentation, and more
                model: Qwen/Qwen3-VL-Reranker-2B
                host: "127.0.0.1"
                port: 6379
                uvicorn-log-level: "info"
                max_model_len: 4k
                served-model-name: [first, "second name"]
                allowed-media-domains:
                  - a.example
                enforce-eager: true
                disable-access-log: no
                enable-prefix-caching: false
                trust-remote-code: False
                async_scheduling: off
                revision: 1e10
                ssl-keyfile-password: -dash
                max-num-batched-tokens: null
                api-key:
                limit-mm-per-prompt: {image: 3, "video": 0}
                hf-overrides:
                  classifier_from_token: ["no", "yes"]
                  is_original_qwen3_reranker: true
                allowed-origins: ["*"]
                mm-processor-kwargs: '{"max_pixels": 65536}'
                tensor-parallel-size: 1
                """))
        .containsExactly(
            "--model=Qwen/Qwen3-VL-Reranker-2B",
            "--host=127.0.0.1",
            "--port=6379",
            "--uvicorn-log-level=info",
            "--max-model-len=4k",
            "--served-model-name",
            "first",
            "second name",
            "--allowed-media-domains",
            "a.example",
            "--enforce-eager",
            "--no-enable-prefix-caching",
            "--no-async-scheduling",
            "--revision=1e10",
            "--ssl-keyfile-password=-dash",
            "--limit-mm-per-prompt={\"image\":3,\"video\":0}",
            "--hf-overrides={\"classifier_from_token\":[\"no\",\"yes\"],"
                + "\"is_original_qwen3_reranker\":true}",
            "--allowed-origins=[\"*\"]",
            "--mm-processor-kwargs={\"max_pixels\": 65536}",
            "--tensor-parallel-size=1");
  }

  /** Whatever an option is called, and wherever it stands. */
  @Test
  void theCommandLineGoesBefore() throws IOException {
    String yaml =
        """
        model: other
        port: 1
        served-model-name: [a, b]
        tensor-parallel-size: 2
        enable-prefix-caching: true
        max-requests: 7
        """;
    assertThat(
            expand(
                yaml,
                "demo",
                "--port=2",
                "--served-model-name",
                "c",
                "d",
                "-tp",
                "1",
                "--no-enable-prefix-caching"))
        .containsExactly(
            "demo",
            "--port=2",
            "--served-model-name",
            "c",
            "d",
            "-tp",
            "1",
            "--no-enable-prefix-caching",
            "--max-requests=7");
  }

  @Test
  void withoutAFile() {
    List<String> line = List.of("demo", "--port", "0");
    assertThat(ConfigFile.expand(SERVE, line)).isSameAs(line);
  }

  @Test
  void nothingButComments() throws IOException {
    assertThat(expand("# nothing\n", "demo")).containsExactly("demo");
    assertThat(expand("", "demo")).containsExactly("demo");
  }

  /** A key may stand in the line that is at fault. */
  @Test
  void whatIsWrittenIsNotQuoted() {
    assertThatThrownBy(() -> expand("port: 1\napi-key: secret: x\n", "demo"))
        .hasMessageContaining("config.yaml: no YAML: line 2: ")
        .hasMessageNotContaining("secret");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "no-such-thing: 1 | no-such-thing: no such option",
        "help: true | help: no such option",
        "config: other.yaml | config: no such option",
        "enforce-eager: perhaps | 'enforce-eager: expected true or false, found perhaps'",
        "enforce-eager: [a] | 'enforce-eager: expected true or false, found [a]'",
        "served-model-name: [{a: b}] | served-model-name: expected a list of words",
        "[a, b] | 'expected names and values, as port: 8000'",
        "just words | 'expected names and values, as port: 8000'",
        "port: [ | no YAML: ",
        "'{port: 1, port: 2}' | no YAML: ",
        "'{a: &x [1], b: *x}' | no YAML: ",
        "port: !!java.io.File [a] | no YAML: ",
      })
  void whatCannotBe(String yaml, String reason) {
    assertThatThrownBy(() -> expand(yaml, "demo"))
        .isInstanceOf(CliException.class)
        .hasMessageStartingWith("--config: " + folder)
        .hasMessageContaining(reason)
        .satisfies(failure -> assertThat(Errors.message(failure).lines()).hasSize(1));
  }
}
