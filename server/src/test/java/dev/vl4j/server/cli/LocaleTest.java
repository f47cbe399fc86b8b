package dev.vl4j.server.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * Processes under locales that are not UTF-8. What has other characters than ASCII stands in
 * scripts, so that this JVM's own locale does not matter.
 */
@Timeout(300)
@Execution(ExecutionMode.CONCURRENT)
class LocaleTest {
  private static final String UTF8 = "LC_ALL=C.UTF-8";

  private static final List<String> MODEL =
      List.of(
          "config.json",
          "model.safetensors",
          "tokenizer.json",
          "tokenizer_config.json",
          "preprocessor_config.json",
          "modules.json",
          "1_LogitScore/config.json");

  private static final String MAKE_FILES =
      """
      mkdir -p 'à côté'
      cp -r model 'à côté/modèle'
      cp picture.png 'à côté/bild ü.png'
      echo '{"query": "é", "documents": ["北京 🎉", "b"]}' > 'à côté/fragen ß.jsonl'
      """;

  private static final String RANK =
      """
      cd 'à côté'
      rm -f antworten*
      ../vl4j rerank --model modèle --format table --query '中国 capital é' \
        --document '北京 🎉' --document '?? ?' --image 'bild ü.png'
      ../vl4j rerank --input 'fragen ß.jsonl' --output 'antworten ß.jsonl'
      cat antworten*
      """;

  @TempDir private Path directory;

  @Test
  void theLauncherReadsAndWritesUtf8InEveryLocale() throws IOException, InterruptedException {
    for (String file : MODEL) {
      copy("/dev/vl4j/engine/demo/" + file, directory.resolve("model").resolve(file));
    }
    copy("/dev/vl4j/server/cli/demo/red-circle.png", directory.resolve("picture.png"));
    install();
    assertThat(bash(UTF8, MAKE_FILES)).isEmpty();
    String expected = bash(UTF8, RANK);
    assertThat(expected.lines())
        .anyMatch(line -> line.endsWith("  北京 🎉"))
        .anyMatch(line -> line.endsWith("  ?? ?"))
        .anyMatch(line -> line.endsWith("  [bild ü.png]"))
        .anyMatch(line -> line.contains("\"text\":\"北京 🎉\""));
    for (String locale : List.of("LC_ALL=C", "LANG=xx_XX.UTF-8")) {
      assertThat(bash(locale, RANK)).as(locale).isEqualTo(expected);
    }
  }

  /** The launcher as a container has it, which starts the classes under test. */
  private void install() throws IOException {
    Files.copy(Path.of("../vl4j"), directory.resolve("vl4j"));
    Files.createDirectories(directory.resolve("server/target/app"));
    Path java = directory.resolve("jdk/bin/java");
    Files.createDirectories(java.getParent());
    Files.writeString(directory.resolve("jdk/release"), "JAVA_VERSION=\"25.0.3\"\n");
    Files.writeString(
        java,
        """
        #!/bin/bash
        while [ "$1" != -m ]; do shift; done
        shift 2
        exec %s "$@"
        """
            .formatted(java()));
    assertThat(java.toFile().setExecutable(true)).isTrue();
  }

  private static void copy(String resource, Path file) throws IOException {
    Files.createDirectories(file.getParent());
    try (InputStream in = LocaleTest.class.getResourceAsStream(resource)) {
      Files.copy(Objects.requireNonNull(in, resource), file);
    }
  }

  @Test
  void javaAloneRefusesWhatItWouldMisread() throws IOException, InterruptedException {
    assertThat(bash("LC_ALL=C", java() + " rerank --query é --document b 2>&1; echo \"exit $?\""))
        .contains("vl4j: argument 3: Java reads \"")
        .contains("instead of \"é\"; the locale's character set is ANSI_X3.4-1968")
        .endsWith("exit 2\n");
  }

  @Test
  void javaAlonePrintsUtf8() throws IOException, InterruptedException {
    String script =
        "echo '{\"query\": \"é\", \"documents\": [\"北京 🎉\"]}' | %s rerank --input - --format table"
            .formatted(java());
    assertThat(bash("LC_ALL=C", script)).contains("  北京 🎉").isEqualTo(bash(UTF8, script));
  }

  @Test
  void anArgumentThatIsNotUtf8IsRefused() {
    byte[] given = "java\0Main\0caf\u00e9\0".getBytes(StandardCharsets.ISO_8859_1);
    assertThatThrownBy(() -> LocaleCheck.check(new String[] {"caf\ufffd"}, given))
        .isInstanceOf(CliException.class)
        .hasMessage("argument 1 is not UTF-8: caf\ufffd");
  }

  /** Java and the command line, without a launcher; too brief for the second compiler to pay. */
  private static String java() {
    return "'%s' -XX:TieredStopAtLevel=1 --add-modules jdk.incubator.vector -cp '%s' dev.vl4j.server.cli.Main"
        .formatted(
            Path.of(System.getProperty("java.home"), "bin", "java"),
            System.getProperty("java.class.path"));
  }

  /** What a script prints in a directory of its own. */
  private String bash(String locale, String script) throws IOException, InterruptedException {
    assumeTrue(Files.isExecutable(Path.of("/bin/bash")), "no bash: no scripts are run");
    Path file = Files.writeString(directory.resolve("script"), script);
    ProcessBuilder builder = new ProcessBuilder("/bin/bash", file.toString());
    builder.environment().clear();
    builder.environment().put("PATH", System.getenv("PATH"));
    builder.environment().put("HOME", System.getProperty("user.home"));
    builder.environment().put("JAVA_HOME", directory.resolve("jdk").toString());
    String[] setting = locale.split("=", 2);
    builder.environment().put(setting[0], setting[1]);
    Path said = directory.resolve("said");
    Process process = builder.directory(directory.toFile()).redirectError(said.toFile()).start();
    String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(Files.readString(said)).isZero();
    return printed;
  }
}
