package dev.vl4j.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.server.OddModels;
import dev.vl4j.server.http.ApiServer;
import dev.vl4j.server.http.Waiting;
import dev.vl4j.server.media.ImageServer;
import dev.vl4j.server.media.ImageServer.Answer;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ServeCommandTest {
  private static final HttpClient CLIENT = HttpClient.newHttpClient();

  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private String answer = "";

  /** Runs the command on the demonstration model, asking it one thing before it ends. */
  private int serve(HttpRequest.Builder request, String path, String... more) {
    List<String> args = new ArrayList<>(List.of("serve", "demo", "--port", "0"));
    args.addAll(List.of("--host", "127.0.0.1"));
    args.addAll(List.of(more));
    return run(server -> ask(server, request, path), args.toArray(new String[0]));
  }

  private int run(ServeCommand.Lifetime lifetime, String... args) {
    Streams streams =
        new Streams(
            new ByteArrayInputStream(new byte[0]),
            new PrintStream(new ByteArrayOutputStream()),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            false);
    return Main.run(args, streams, ModelOpener::inProcess, lifetime);
  }

  private void ask(ApiServer server, HttpRequest.Builder request, String path)
      throws InterruptedException {
    try {
      URI uri = URI.create("http://127.0.0.1:" + server.port() + path);
      answer = CLIENT.send(request.uri(uri).build(), HttpResponse.BodyHandlers.ofString()).body();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private String err() {
    return err.toString(StandardCharsets.UTF_8);
  }

  @Test
  void servesUnderItsNames() throws InterruptedException {
    assertThat(
            serve(
                HttpRequest.newBuilder(),
                "/v1/models",
                "--served_model_name",
                "first",
                "second",
                "--max_model_len=1k"))
        .as(err())
        .isZero();
    JsonNode data = JsonMapper.shared().readTree(answer).path("data");
    assertThat(data.get(0).path("id").stringValue()).isEqualTo("first");
    assertThat(data.get(1).path("id").stringValue()).isEqualTo("second");
    assertThat(data.get(0).path("root").stringValue()).isEqualTo("demo");
    assertThat(data.get(0).path("max_model_len").intValue()).isEqualTo(1000);
    Waiting.until(() -> err().contains("path=/v1/models")); // behind the answer
    assertThat(err())
        .contains(
            "message=serving url=http://127.0.0.1:",
            " model=first,second dtype=",
            " max_model_len=1000 ",
            "message=\"shutting down\"");
  }

  @Test
  void servesAnEmbeddingModelBesideAReranker(@TempDir Path directory) throws IOException {
    Path model = OddModels.embedder(directory.resolve("model"));
    String body = "{\"model\": \"vectors\", \"input\": \"a\"}";
    HttpRequest.Builder request =
        HttpRequest.newBuilder()
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body));
    String[] args = {
      "serve",
      model.toString(),
      "demo",
      "--served-embedder-name",
      "vectors",
      "--port",
      "0",
      "--host",
      "127.0.0.1"
    };
    assertThat(run(server -> ask(server, request, "/v1/embeddings"), args)).as(err()).isZero();
    JsonNode found = JsonMapper.shared().readTree(answer);
    assertThat(found.path("model").stringValue()).as(answer).isEqualTo("vectors");
    assertThat(found.path("data").get(0).path("embedding")).hasSize(36);
    assertThat(err()).contains(" model=demo,vectors dtype=");
  }

  @Test
  void servesTheEmbeddedModelsSideBySide() {
    String body = "{\"model\": \"demo-embedder\", \"input\": \"a\"}";
    HttpRequest.Builder request =
        HttpRequest.newBuilder()
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body));
    String[] args = {"serve", "demo", "demo-embedder", "--port", "0", "--host", "127.0.0.1"};
    assertThat(run(server -> ask(server, request, "/v1/embeddings"), args)).as(err()).isZero();
    JsonNode found = JsonMapper.shared().readTree(answer);
    assertThat(found.path("model").stringValue()).as(answer).isEqualTo("demo-embedder");
    assertThat(found.path("data").get(0).path("embedding")).hasSize(128);
    assertThat(err()).contains(" model=demo,demo-embedder dtype=");
  }

  @Test
  void whatIsOneModelsIsRefusedForOthers(@TempDir Path directory) throws IOException {
    String model = OddModels.embedder(directory.resolve("model")).toString();
    Path template = Files.writeString(directory.resolve("template"), "{{query}}{{document}}");
    assertThat(run(server -> {}, "serve", model, model)).isEqualTo(2);
    assertThat(run(server -> {}, "serve", model, "demo", "--lora", "a")).isEqualTo(2);
    assertThat(run(server -> {}, "serve", model, "--chat-template", template.toString()))
        .isEqualTo(2);
    assertThat(err())
        .contains("found two embedding models", "--lora: expected one model, found two");
  }

  /** A unit has some options, and whoever uses it adds others. */
  @Test
  void ofAnOptionTheLastOneCounts() {
    assertThat(
            serve(
                HttpRequest.newBuilder(),
                "/v1/models",
                "--max-model-len",
                "1k",
                "--max-model-len",
                "2k"))
        .as(err())
        .isZero();
    assertThat(answer).contains("\"max_model_len\":2000");
  }

  @Test
  void optionsOfAFile(@TempDir Path folder) throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("options.yml"),
            "served-model-name: [one, two]\nport: 1\nmax_model_len: 1k\nroot-path: /rank\n");
    assertThat(serve(HttpRequest.newBuilder(), "/rank/v1/models", "--config", file.toString()))
        .as(err())
        .isZero();
    assertThat(answer).contains("\"id\":\"one\"", "\"max_model_len\":1000");
  }

  @Test
  void overTls() {
    String folder = Path.of("src/test/resources/dev/vl4j/server/transport").toString();
    assertThat(
            run(
                server -> {},
                "serve",
                "demo",
                "--port",
                "0",
                "--host",
                "127.0.0.1",
                "--ssl-certfile",
                folder + "/rsa.crt",
                "--ssl-keyfile",
                folder + "/rsa-encrypted.key",
                "--ssl-keyfile-password",
                "secret"))
        .as(err())
        .isZero();
    assertThat(err()).contains("message=serving url=https://127.0.0.1:");
  }

  /** Behind a host that others reach, a server without keys says who may ask. */
  @Test
  void whoMayAsk() {
    String warning = "may ask, since there is no --api-key";
    assertThat(run(server -> {}, "serve", "demo", "--port", "0")).as(err()).isZero();
    assertThat(err())
        .contains("level=warning logger=vl4j message=\"whoever reaches port ", warning);
    err.reset();
    assertThat(run(server -> {}, "serve", "demo", "--port", "0", "--api-key", "k")).isZero();
    assertThat(run(server -> {}, "serve", "demo", "--port", "0", "--host", "localhost")).isZero();
    assertThat(err()).contains("message=serving").doesNotContain(warning);
  }

  @Test
  void thePlaygroundCanBeLeftOut() {
    assertThat(serve(HttpRequest.newBuilder(), "/")).as(err()).isZero();
    assertThat(answer).startsWith("<!doctype html>");
    assertThat(serve(HttpRequest.newBuilder(), "/", "--no-playground")).as(err()).isZero();
    assertThat(JsonMapper.shared().readTree(answer).path("error").path("code").intValue())
        .isEqualTo(404);
  }

  /** What Qwen's model card and vLLM's documents tell people to type. */
  @Test
  void theCommandLineThatVllmNeeds(@TempDir Path folder) throws IOException {
    Path template = Files.writeString(folder.resolve("template.jinja"), ChatTemplateTest.VLLM);
    assertThat(
            serve(
                HttpRequest.newBuilder(),
                "/health",
                "--runner",
                "pooling",
                "--hf_overrides",
                "{\"architectures\":[\"Qwen3VLForSequenceClassification\"],"
                    + "\"classifier_from_token\":[\"no\",\"yes\"],\"is_original_qwen3_reranker\":true}",
                "--chat-template",
                template.toString(),
                "--max-model-len",
                "512",
                "--trust-remote-code",
                "--gpu-memory-utilization",
                "0.9",
                "--tensor-parallel-size",
                "1",
                "--max-num-batched-tokens",
                "2K",
                "--limit-mm-per-prompt",
                "{\"image\":3,\"video\":0}",
                "--mm-processor-kwargs",
                "{\"max_pixels\":65536}",
                "--uvicorn-log-level",
                "warning"))
        .as(err())
        .isZero();
    assertThat(answer).isEmpty();
    assertThat(err()).contains("no effect here: --trust-remote-code, --gpu-memory-utilization");
  }

  @Test
  void picturesFromOtherServers() throws IOException {
    byte[] circle;
    try (InputStream in = Main.class.getResourceAsStream("demo/red-circle.png")) {
      circle = in.readAllBytes();
    }
    try (ImageServer pictures = ImageServer.start(Answer.file("image/png", circle))) {
      String url = pictures.url("/a.png");
      String body =
          "{\"query\":\"q\",\"documents\":{\"content\":[{\"type\":\"image_url\",\"image_url\":\"%s\"}]}}"
              .formatted(url);
      for (List<String> options :
          List.of(
              List.of("--allow-private-media-addresses"),
              List.of(
                  "--allow-private-media-addresses",
                  "--allowed-media-domains",
                  "a.example",
                  "127.0.0.1",
                  "--media-fetch-timeout",
                  "30"))) {
        assertThat(serve(post(body), "/v1/rerank", options.toArray(new String[0])))
            .as(err())
            .isZero();
        assertThat(answer).contains("relevance_score");
      }
      assertThat(
              serve(
                  post(body),
                  "/v1/rerank",
                  "--allow-private-media-addresses",
                  "--allowed-media-domains",
                  "a.example"))
          .as(err())
          .isZero();
      assertThat(answer).contains("the host is none of the allowed media domains");
      assertThat(serve(post(body), "/v1/rerank")).as(err()).isZero();
      assertThat(answer).contains("the host is unknown or has no public address");
      assertThat(pictures.requests).hasSize(2);
    }
  }

  private static HttpRequest.Builder post(String body) {
    return HttpRequest.newBuilder()
        .header("Content-Type", "application/json")
        .POST(HttpRequest.BodyPublishers.ofString(body));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "serve | no model",
        "serve no-such-directory | no-such-directory",
        "serve demo --runner generate | --runner generate: not supported",
        "serve demo --convert generate | --convert generate: not supported",
        "serve demo --convert embed | --convert embed: the model is a reranker",
        "serve demo --task embed | --task embed: the model is a reranker",
        "serve demo-embedder --task score | --task score: the model is an embedding model",
        "serve demo --tensor-parallel-size 2 | --tensor-parallel-size 2: no model is divided",
        "serve demo -dp 2 | --data-parallel-size 2: devices are named; --backend NAME:0,1",
        "serve demo --hf-overrides {\"matryoshka_dimensions\":[true]} | matryoshka_dimensions",
        "serve demo --quantization awq | --quantization awq: not supported",
        "serve demo --scheduling-policy priority | --scheduling-policy priority: not supported",
        "serve demo --hf-overrides {\"architectures\":[\"LlamaForCausalLM\"]} | architectures",
        "serve demo --hf-overrides {\"rope_theta\":1} | rope_theta",
        "serve demo --hf-overrides {\"classifier_from_token\":[\"yes\",\"no\"]} |"
            + " classifier_from_token",
        "serve demo --hf-overrides {a | not valid JSON",
        "serve demo --mm-processor-kwargs {\"size\":1} | size is not supported",
        "serve demo --mm-processor-kwargs {\"min_pixels\":9,\"max_pixels\":8} | expected max_pixels (8) at most",
        "serve demo --limit-mm-per-prompt {\"image\":-1} | image: expected an integer",
        "serve demo --limit-mm-per-prompt 7 | expected a JSON object",
        "serve demo --max-model-len 0 | --max-model-len: expected a number above 0",
        "serve demo --max-model-len x | expected a number such as 4096",
        "serve demo --port 70000 | --port: expected 0 to 65535",
        "serve demo --max-requests 0 | --max-requests: expected a number above 0",
        "serve demo --allowed-origins * | --allowed-origins: not valid JSON",
        "serve demo --allowed-origins [1] | --allowed-origins: expected a JSON list of strings",
        "serve demo --allowed-origins {} | --allowed-origins: expected a JSON list of strings",
        "serve demo --revision main | --revision: demo is no hub's id",
        "serve a/b@c --revision d | --revision: a/b@c is no hub's id without a revision",
        "serve demo --max-connections 0 | --max-connections: expected 1 to ",
        "serve demo --max-connections 2000000000 | files open; found 2000000000",
        "serve demo --forwarded-allow-ips proxy | --forwarded-allow-ips: expected addresses such as",
        "serve demo --forwarded-allow-ips 10.0.0.0/33 | found 10.0.0.0/33",
        "serve demo --log-format xml | --log-format",
        "serve demo --root-path rank | --root-path: expected a path such as /rank, found rank",
        "serve demo --ssl-keyfile k.pem | there is no --ssl-certfile for the key",
        "serve demo --ssl-certfile no-such-file | no-such-file: no such file",
        "serve demo --ssl-certfile pom.xml | pom.xml: no PEM file",
        "serve demo --config | --config: no file is named",
        "serve demo --config pom.xml | --config: expected a file named .yaml or .yml, found pom.xml",
        "serve demo --config no.yaml | --config: no such file: no.yaml",
        "serve demo --config a.yaml --config=b.yaml | --config: more than one file",
        "serve demo --head-timeout 0 | --head-timeout: expected a number above 0",
        "serve demo --body-timeout -1 | --body-timeout: expected a number above 0",
        "serve demo --keep-alive-timeout x | --keep-alive-timeout",
        "serve demo --request-timeout -1 | --request-timeout: expected 0 or more",
        "serve demo --uvicorn-log-level loud | --uvicorn-log-level",
        "serve demo --allowed-local-media-path no-such-dir | no such directory",
        "serve demo --chat-template no-such-file | no such file",
        "serve demo --chat-template pom.xml | 0 places for QUERY",
        "serve demo --enable-prefix-caching --no-enable-prefix-caching | exclude each other",
        "serve demo demo | expected a reranker and an embedding model, found two rerankers",
        "serve demo-embedder --lora a | lora: the demonstration embedder is an adapter itself",
        "serve demo --model other | MODEL and --model differ",
        "serve no-such-model | no-such-model: no such directory; expected one, demo, or a hub's id",
        "serve demo --tokenizer x | --tokenizer: the checkpoint's own is read; leave it out",
        "serve demo --pooler-config {a} | --pooler-config: the checkpoint says how its states",
        "serve demo --override-pooler-config {a} | --override-pooler-config: the checkpoint says",
        "serve demo --enable-lora | --enable-lora",
        "serve demo --allowed-media-domains a..b | --allowed-media-domains",
        "serve demo --allowed-media-domains http://a.example | --allowed-media-domains: not a host name",
        "serve demo --media-fetch-timeout 0 | --media-fetch-timeout: expected 1 to 3600, found 0",
        "serve demo --media-fetch-timeout x | --media-fetch-timeout: expected 1 to 3600, found x",
      })
  void refusals(String line, String message) {
    int code = run(server -> {}, line.split(" "));
    assertThat(code).as(err()).isEqualTo(2);
    assertThat(err().lines().filter(said -> !said.contains("message=\"opening ")))
        .singleElement()
        .asString()
        // What is refused before all options are read comes before there is a log.
        .containsPattern("^(vl4j: |time=\\S+ level=error logger=vl4j message=)")
        .contains(message);
  }
}
