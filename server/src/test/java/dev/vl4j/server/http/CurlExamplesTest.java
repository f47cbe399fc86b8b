package dev.vl4j.server.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Every command of curl in the documents, as a shell runs it, but for the server's address. */
class CurlExamplesTest {
  private static final String ADDRESS = "http://localhost:8000";
  private static final Pattern BLOCK =
      Pattern.compile("^```\\w*\n(.*?)^```", Pattern.MULTILINE | Pattern.DOTALL);

  /** A command ends with its line, unless a quote is open or the line ends with a backslash. */
  private static final Pattern COMMAND =
      Pattern.compile("^curl (?:'[^']*'|\"[^\"]*\"|\\\\\n|[^'\"\n])*", Pattern.MULTILINE);

  /** Where a program of the reader's own listens in examples. */
  private static final String OTHERS = "localhost:8080";

  /** What does not answer with JSON. */
  private static final Set<String> PLAIN = Set.of("/health", "/ping", "/metrics");

  @AutoClose
  private static final LiveServer server =
      LiveServer.embedder(
          LiveServer.builder().names(List.of("demo", "Qwen/Qwen3-VL-Reranker-2B")), true);

  /** The commands in a document's blocks of code. */
  private static List<String> commands(String document) {
    List<String> commands = new ArrayList<>();
    Matcher block = BLOCK.matcher(document);
    while (block.find()) {
      COMMAND.matcher(block.group(1)).results().forEach(match -> commands.add(match.group()));
    }
    return commands;
  }

  private static boolean isThere(String program) {
    return Arrays.stream(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
        .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
  }

  @TestFactory
  Stream<DynamicTest> examples() throws IOException {
    List<Path> documents = new ArrayList<>(List.of(Path.of("../README.md")));
    try (Stream<Path> docs = Files.list(Path.of("../docs"))) {
      docs.filter(file -> file.toString().endsWith(".md")).sorted().forEach(documents::add);
    }
    List<DynamicTest> tests = new ArrayList<>();
    for (Path document : documents) {
      for (String command : commands(Files.readString(document))) {
        if (command.contains(OTHERS)) {
          continue;
        }
        String first = command.lines().findFirst().orElseThrow();
        tests.add(
            DynamicTest.dynamicTest(document.getFileName() + ": " + first, () -> run(command)));
      }
    }
    assertThat(tests).isNotEmpty();
    return tests.stream();
  }

  private static void run(String command) throws IOException, InterruptedException {
    assumeTrue(isThere("curl") && isThere("sh"), "no curl: examples of the documents are not run");
    assertThat(command).contains(ADDRESS);
    String local =
        command
            .replace(ADDRESS, "http://127.0.0.1:" + server.server.port())
            .replaceFirst("^curl", "curl -sS -w '\\\\n%{http_code}'");
    Process process = new ProcessBuilder("sh", "-c", local).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(out).isZero();
    int end = out.lastIndexOf('\n');
    assertThat(out.substring(end + 1)).as(out).isEqualTo("200");
    if (PLAIN.stream().noneMatch(path -> command.contains(ADDRESS + path))) {
      JsonNode answer = JsonMapper.shared().readTree(out.substring(0, end));
      assertThat(answer.isObject()).as(out).isTrue();
      assertThat(answer.has("error")).as(out).isFalse();
    }
  }

  @Test
  void commandsAreFoundWhole() {
    String document =
        """
        curl http://localhost:8000/in-the-text

        ```
        ./vl4j serve demo
        curl http://localhost:8000/a -d '{
          "query": "q"
        }'
        curl http://localhost:8000/b
        ```

        ```sh
        curl http://localhost:8000/c \\
          -H "Authorization: Bearer $KEY"
        ```
        """;
    assertThat(commands(document))
        .containsExactly(
            "curl http://localhost:8000/a -d '{\n  \"query\": \"q\"\n}'",
            "curl http://localhost:8000/b",
            "curl http://localhost:8000/c \\\n  -H \"Authorization: Bearer $KEY\"");
  }
}
