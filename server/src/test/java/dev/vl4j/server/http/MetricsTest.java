package dev.vl4j.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.engine.Diagnostics;
import dev.vl4j.server.http.LiveServer.Answer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class MetricsTest {
  private static double value(String text, String series) {
    return text.lines()
        .filter(line -> line.startsWith(series + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(series.length() + 1)))
        .findFirst()
        .orElseThrow(() -> new AssertionError(series + " is missing in\n" + text));
  }

  @Test
  @Timeout(60)
  void countersOfWhatWasDone() throws InterruptedException {
    try (LiveServer server = LiveServer.demo(LiveServer.options())) {
      String body = "{'query':'a red car','documents':['red','blue']}";
      Answer first = server.post("/v1/rerank", body);
      double tokens = first.json().path("usage").path("prompt_tokens").intValue();
      assertThat(server.post("/v1/rerank", body).status()).isEqualTo(200);
      assertThat(server.post("/v1/rerank", "{}").status()).isEqualTo(400);
      assertThat(server.post("/nowhere", "{}").status()).isEqualTo(404);
      server.awaitRequests(4);
      Answer answer = server.get("/metrics");
      assertThat(answer.header("Content-Type")).startsWith("text/plain; version=0.0.4");
      String text = answer.text();
      String model = "{model_name=\"demo\"}";
      assertThat(value(text, "vllm:prompt_tokens_total" + model)).isEqualTo(2 * tokens);
      assertThat(value(text, "vllm:prefix_cache_queries_total" + model)).isEqualTo(2 * tokens);
      assertThat(value(text, "vllm:prefix_cache_hits_total" + model))
          .isBetween(tokens / 2, 2 * tokens);
      assertThat(value(text, "vllm:generation_tokens_total" + model)).isZero();
      assertThat(
              value(
                  text, "vllm:request_success_total{finished_reason=\"stop\",model_name=\"demo\"}"))
          .isEqualTo(2);
      for (String histogram :
          new String[] {
            "vllm:request_prompt_tokens",
            "vllm:time_to_first_token_seconds",
            "vllm:e2e_request_latency_seconds",
            "vllm:request_queue_time_seconds",
            "vllm:request_prefill_time_seconds",
            "vl4j:request_preparation_seconds"
          }) {
        assertThat(value(text, histogram + "_count" + model)).as(histogram).isEqualTo(2);
      }
      assertThat(value(text, "vllm:num_requests_running" + model)).isZero();
      assertThat(value(text, "vllm:num_requests_waiting" + model)).isZero();
      assertThat(value(text, "vllm:kv_cache_usage_perc" + model)).isBetween(1e-9, 1.0);
      assertThat(value(text, "vl4j:prefix_cache_bytes" + model)).isPositive();
      String http = "http_requests_total{handler=\"%s\",method=\"%s\",status=\"%s\"}";
      assertThat(value(text, http.formatted("/v1/rerank", "POST", "2xx"))).isEqualTo(2);
      assertThat(value(text, http.formatted("/v1/rerank", "POST", "4xx"))).isEqualTo(1);
      assertThat(value(text, http.formatted("none", "other", "4xx"))).isEqualTo(1);
      assertThat(value(text, "http_request_size_bytes_count{handler=\"/v1/rerank\"}")).isEqualTo(3);
      assertThat(
              value(
                  text,
                  "http_request_duration_seconds_count{handler=\"/v1/rerank\",method=\"POST\"}"))
          .isEqualTo(3);
    }
  }

  /** Under the names that Prometheus's clients have for them. */
  @Test
  void processAndRuntime() throws IOException {
    try (LiveServer server = LiveServer.of(new ScriptedReranker())) {
      byte[] some = new byte[64 << 20];
      String text = server.get("/metrics").text();
      assertThat(text)
          .contains("vl4j_build_info{version=\"" + Diagnostics.version() + "\"} 1")
          .contains("jvm_runtime_info{");
      assertThat(value(text, "jvm_memory_used_bytes{area=\"heap\"}"))
          .isBetween((double) some.length, (double) Runtime.getRuntime().maxMemory());
      assertThat(value(text, "jvm_memory_max_bytes{area=\"heap\"}"))
          .isEqualTo((double) Runtime.getRuntime().maxMemory());
      assertThat(value(text, "jvm_threads_current")).isBetween(2.0, 10_000.0);
      assertThat(text).contains("jvm_gc_collection_seconds_count{gc=\"");
      double begin = ProcessHandle.current().info().startInstant().orElseThrow().getEpochSecond();
      assertThat(value(text, "process_start_time_seconds")).isBetween(begin - 2, begin + 60);
      assertThat(value(text, "process_cpu_seconds_total")).isPositive();
      if (Files.exists(Path.of("/proc/self/status"))) {
        assertThat(value(text, "process_resident_memory_bytes")).isGreaterThan(some.length);
        assertThat(value(text, "process_open_fds")).isBetween(10.0, value(text, "process_max_fds"));
      }
    }
  }

  @Test
  void stateIsTheEngines() {
    try (LiveServer server = LiveServer.of(new ScriptedReranker())) {
      String text = server.get("/metrics").text();
      assertThat(value(text, "vllm:num_requests_running{model_name=\"demo\"}")).isEqualTo(1);
      assertThat(value(text, "vllm:num_requests_waiting{model_name=\"demo\"}")).isEqualTo(2);
      assertThat(value(text, "vl4j:prefix_cache_evictions_total{model_name=\"demo\"}"))
          .isEqualTo(2);
      assertThat(value(text, "vllm:kv_cache_usage_perc{model_name=\"demo\"}")).isEqualTo(0.25);
      assertThat(value(text, "vl4j:image_cache_bytes{model_name=\"demo\"}")).isEqualTo(32);
      assertThat(text)
          .contains(
              """
              vl4j:backend_info{backend="unscripted",device="7",device_name="a \\"device\\"",model_name="demo"} 1
              """);
    }
  }
}
