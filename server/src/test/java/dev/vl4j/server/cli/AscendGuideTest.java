package dev.vl4j.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.engine.RerankTemplate;
import dev.vl4j.server.http.ApiServer;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The commands and the clients of vLLM-Ascend's guides to this model (Qwen3-VL-Reranker.md and the
 * older Qwen3_vl_reranker.md), but for the model, which is the demonstration model, and the port.
 * The numbers of tokens are the guides'; this model's tokenizer and Qwen's agree on these texts.
 */
class AscendGuideTest {
  private static final String OVERRIDES =
      "--hf_overrides '{\"architectures\": [\"Qwen3VLForSequenceClassification\"],"
          + "\"classifier_from_token\": [\"no\", \"yes\"],\"is_original_qwen3_reranker\": true}'";
  private static final String A2 =
      "serve MODEL --served-model-name Qwen/Qwen3-VL-Reranker-2B --runner pooling "
          + OVERRIDES
          + " --chat-template TEMPLATE --port 0 --max-model-len 1024";
  private static final String ATLAS =
      "serve MODEL --served-model-name Qwen/Qwen3-VL-Reranker-2B --runner pooling "
          + OVERRIDES
          + " --chat-template TEMPLATE"
          + " --compilation-config '{\"cudagraph_capture_sizes\": [1024,512]}'"
          + " --additional-config '{\"ascend_compilation_config\": {\"fuse_norm_quant\": false}}'"
          + " --dtype float16 --port 0 --max-model-len 1024";

  private static final String QUESTION = "What is the capital of China?";
  private static final List<String> DOCUMENTS =
      List.of(
          "The capital of China is Beijing.",
          "Gravity is a force that attracts two bodies towards each other. It gives weight to"
              + " physical objects and is responsible for the movement of planets around the sun.");

  // How the older guide's client wraps a query and a document.
  private static final String PREFIX =
      "<|im_start|>system\nJudge whether the Document meets the requirements based on the Query and"
          + " the Instruct provided. Note that the answer can only be \"yes\" or"
          + " \"no\".<|im_end|>\n<|im_start|>user\n";
  private static final String SUFFIX = "<|im_end|>\n<|im_start|>assistant\n";

  @TempDir Path folder;
  private String template = "";
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @BeforeEach
  void saveTemplate() throws IOException {
    template =
        Files.writeString(folder.resolve("qwen3_vl_reranker.jinja"), ChatTemplateTest.VLLM)
            .toString();
  }

  @Test
  void theGuidesCommandAndItsCurl() {
    assertThat(tokens(ask(A2, QUESTION, DOCUMENTS))).isEqualTo(181);
    assertThat(err.toString(StandardCharsets.UTF_8)).doesNotContain("line break");
  }

  @Test
  void itsAnswerWasMadeWithATemplateOfOneLineBreak() throws IOException {
    Files.writeString(Path.of(template), ChatTemplateTest.VLLM.stripTrailing() + "\n");
    assertThat(tokens(ask(A2, QUESTION, DOCUMENTS))).isEqualTo(179);
    assertThat(err.toString(StandardCharsets.UTF_8)).contains("lack the line break");
  }

  @Test
  void theCommandForAtlas() {
    assertThat(tokens(ask(ATLAS, QUESTION, DOCUMENTS))).isEqualTo(181);
    assertThat(err.toString(StandardCharsets.UTF_8))
        .contains("no effect here: --compilation-config, --additional-config", "dtype=f32");
  }

  @Test
  void theOlderClientWrapsItsTexts() {
    String query =
        PREFIX
            + "<Instruct>: "
            + RerankTemplate.QWEN3_VL.defaultInstruction()
            + "\n<Query>: "
            + QUESTION
            + "\n";
    List<String> documents =
        DOCUMENTS.stream().map(document -> "<Document>: " + document + SUFFIX).toList();
    JsonNode answer = ask(A2, query, documents);
    assertThat(tokens(answer)).isEqualTo(315);
    assertThat(answer.path("results").get(0).path("document").path("text").stringValue())
        .isIn(documents);
    // Without a template, and without the option that goes with it, control tokens are text.
    assertThat(tokens(ask("serve MODEL --port 0", query, documents))).isGreaterThan(315);
    assertThat(tokens(ask("serve MODEL --port 0 --parse-special-tokens", query, documents)))
        .isEqualTo(315);
  }

  private static int tokens(JsonNode answer) {
    JsonNode usage = answer.path("usage");
    assertThat(usage.path("total_tokens")).isEqualTo(usage.path("prompt_tokens"));
    return usage.path("prompt_tokens").intValue();
  }

  /** Runs a command and sends one request, as Python's {@code requests} would. */
  private JsonNode ask(String command, String query, List<String> documents) {
    List<JsonNode> answers = new ArrayList<>();
    Streams streams =
        new Streams(
            new ByteArrayInputStream(new byte[0]),
            new PrintStream(new ByteArrayOutputStream()),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            false);
    String body =
        JsonMapper.shared().writeValueAsString(Map.of("query", query, "documents", documents));
    int code =
        Main.run(
            words(command),
            streams,
            ModelOpener::inProcess,
            server -> answers.add(JsonMapper.shared().readTree(post(server, body))));
    assertThat(code).as(err.toString(StandardCharsets.UTF_8)).isZero();
    return answers.getFirst();
  }

  private static String post(ApiServer server, String body) throws InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:%d/v1/rerank".formatted(server.port())))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client.send(request, HttpResponse.BodyHandlers.ofString()).body();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** The words of a shell's command line, with the places of model and template filled in. */
  private String[] words(String command) {
    List<String> words = new ArrayList<>();
    Matcher matcher = Pattern.compile("'([^']*)'|(\\S+)").matcher(command);
    while (matcher.find()) {
      String word = matcher.group(1) == null ? matcher.group(2) : matcher.group(1);
      words.add(
          switch (word) {
            case "MODEL" -> ModelOpener.DEMO;
            case "TEMPLATE" -> template;
            default -> word;
          });
    }
    return words.toArray(new String[0]);
  }
}
