package dev.vl4j.server.http;

import dev.vl4j.engine.CacheStatistics;
import dev.vl4j.engine.DeviceInfo;
import dev.vl4j.engine.Diagnostics;
import dev.vl4j.engine.EngineObserver;
import dev.vl4j.engine.ForwardReport;
import dev.vl4j.engine.RequestReport;
import dev.vl4j.engine.Statistics;
import dev.vl4j.engine.WorkReport;
import dev.vl4j.server.transport.HttpListener;
import io.prometheus.metrics.config.EscapingScheme;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.core.metrics.Info;
import io.prometheus.metrics.core.metrics.Summary;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.instrumentation.jvm.JvmMetrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * What {@code /metrics} shows: under vLLM's names what vLLM has, the rest under {@code vl4j:}, and
 * process and JVM under the names of Prometheus's clients.
 *
 * <p>A request here is one that came by HTTP, with all its documents; vLLM counts each document.
 */
public final class Metrics implements EngineObserver {
  static final String CONTENT_TYPE = PrometheusTextFormatWriter.CONTENT_TYPE;

  private static final double[] LATENCIES = {
    0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680
  };
  private static final double[] TOKENS = {
    1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000, 200_000
  };
  private static final double[] HTTP_SECONDS = {
    0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 7.5, 10, 30,
    60
  };

  private final PrometheusRegistry registry = new PrometheusRegistry();
  private final List<String> models;
  private final Map<String, Supplier<Statistics>> states = new ConcurrentHashMap<>();
  private volatile @Nullable HttpListener listener;

  private final Info backend;
  private final Counter promptTokens;
  private final Counter generationTokens;
  private final Counter prefixQueries;
  private final Counter prefixHits;
  private final Counter imageQueries;
  private final Counter imageHits;
  private final Counter successes;
  private final Counter aborted;
  private final Counter refused;
  private final Counter cut;
  private final Histogram requestTokens;
  private final Histogram latency;
  private final Histogram firstToken;
  private final Histogram queueing;
  private final Histogram prefill;
  private final Histogram preparation;
  private final Histogram forward;
  private final Counter httpRequests;
  private final Histogram httpSeconds;
  private final Summary httpRequestBytes;
  private final Summary httpResponseBytes;

  /**
   * @param models values of the label {@code model_name}, at least one; what is no model's own is
   *     counted for the first
   */
  public Metrics(String... models) {
    this.models = List.of(models);
    backend =
        Info.builder()
            .name("vl4j:backend_info")
            .help("What computes.")
            .labelNames("model_name", "backend", "device", "device_name")
            .register(registry);
    promptTokens = counter("vllm:prompt_tokens", "Tokens of prompts, each counted in full.");
    generationTokens = counter("vllm:generation_tokens", "Always 0: nothing is generated.");
    prefixQueries = counter("vllm:prefix_cache_queries", "Tokens of prompts.");
    prefixHits = counter("vllm:prefix_cache_hits", "Tokens that did not have to be computed.");
    imageQueries = counter("vllm:mm_cache_queries", "Images in requests.");
    imageHits = counter("vllm:mm_cache_hits", "Images that did not have to be encoded.");
    successes =
        Counter.builder()
            .name("vllm:request_success")
            .help("Requests that were answered.")
            .labelNames("model_name", "finished_reason")
            .register(registry);
    aborted = counter("vl4j:requests_cancelled", "Requests whose client hung up.");
    refused = counter("vl4j:requests_refused", "Requests refused because too many were running.");
    cut = counter("vl4j:requests_cut", "Requests cut off because the server ended.");
    requestTokens = histogram("vllm:request_prompt_tokens", "Tokens of a request.", TOKENS);
    latency = histogram("vllm:e2e_request_latency_seconds", "From arrival to answer.", LATENCIES);
    firstToken =
        histogram(
            "vllm:time_to_first_token_seconds",
            "The same as e2e_request_latency_seconds: all there is comes at once.",
            LATENCIES);
    queueing = histogram("vllm:request_queue_time_seconds", "Until the first forward.", LATENCIES);
    prefill =
        histogram("vllm:request_prefill_time_seconds", "Forwards with a part in it.", LATENCIES);
    preparation = histogram("vl4j:request_preparation_seconds", "Images and tokens.", HTTP_SECONDS);
    forward = histogram("vl4j:forward_seconds", "One pass of the model.", HTTP_SECONDS);
    httpRequests =
        Counter.builder()
            .name("http_requests")
            .help("Requests by handler, method and class of status.")
            .labelNames("handler", "method", "status")
            .register(registry);
    httpSeconds =
        Histogram.builder()
            .name("http_request_duration_seconds")
            .help("Duration of requests by handler and method.")
            .labelNames("handler", "method")
            .classicOnly()
            .classicUpperBounds(HTTP_SECONDS)
            .register(registry);
    httpRequestBytes = bytes("http_request_size_bytes", "Length of requests' bodies.");
    httpResponseBytes = bytes("http_response_size_bytes", "Length of answers' bodies.");
    for (String model : models) {
      generationTokens.labelValues(model).inc(0);
      successes.labelValues(model, "stop").inc(0);
    }
    Info.builder()
        .name("vl4j_build_info")
        .help("What runs.")
        .labelNames("version")
        .register(registry)
        .setLabelValues(Diagnostics.version());
    JvmMetrics.builder().register(registry);
    state();
  }

  private Counter counter(String name, String help) {
    Counter counter =
        Counter.builder().name(name).help(help).labelNames("model_name").register(registry);
    models.forEach(counter::initLabelValues);
    return counter;
  }

  private Histogram histogram(String name, String help, double... bounds) {
    Histogram histogram =
        Histogram.builder()
            .name(name)
            .help(help)
            .labelNames("model_name")
            .classicOnly()
            .classicUpperBounds(bounds)
            .register(registry);
    models.forEach(histogram::initLabelValues);
    return histogram;
  }

  private Summary bytes(String name, String help) {
    return Summary.builder().name(name).help(help).labelNames("handler").register(registry);
  }

  private void state() {
    gauge(
        "vllm:num_requests_running",
        "Requests with a part in the forward that is running.",
        Statistics::requestsRunning);
    gauge(
        "vllm:num_requests_waiting",
        "Requests that are prepared or wait for a forward.",
        state -> Math.max(0, state.requestsInFlight() - state.requestsRunning()));
    gauge(
        "vllm:kv_cache_usage_perc",
        "Share of the prefix cache that is filled, from 0 to 1.",
        state -> filled(state.prefixCache()));
    gauge(
        "vl4j:prefix_cache_bytes",
        "Memory of prompts' beginnings, those in use included.",
        state -> state.prefixCache().bytes());
    gauge(
        "vl4j:image_cache_bytes",
        "Memory of encoded images, those in use included.",
        state -> state.imageCache().bytes());
    evictions(
        "vl4j:prefix_cache_evictions",
        "Beginnings given up.",
        state -> state.prefixCache().evictions());
    evictions(
        "vl4j:image_cache_evictions", "Images given up.", state -> state.imageCache().evictions());
    GaugeWithCallback.builder()
        .name("vl4j:connections")
        .help("Connections of clients.")
        .labelNames("model_name")
        .callback(callback -> callback.call(listening(HttpListener::connections), first()))
        .register(registry);
    CounterWithCallback.builder()
        .name("vl4j:connections_refused")
        .help("Connections closed at once because too many were open.")
        .labelNames("model_name")
        .callback(callback -> callback.call(listening(HttpListener::refusedConnections), first()))
        .register(registry);
    GaugeWithCallback.builder()
        .name("vl4j:request_bytes")
        .help("Bytes that the requests in flight have brought, in bodies and behind URLs.")
        .labelNames("model_name")
        .callback(callback -> callback.call(listening(HttpListener::heldBytes), first()))
        .register(registry);
  }

  private static double filled(CacheStatistics cache) {
    return cache.maxBytes() == 0 ? 0 : Math.min(1, (double) cache.bytes() / cache.maxBytes());
  }

  private double listening(ToDoubleFunction<HttpListener> value) {
    HttpListener open = listener;
    return open == null ? 0 : value.applyAsDouble(open);
  }

  private void gauge(String name, String help, ToDoubleFunction<Statistics> value) {
    GaugeWithCallback.builder()
        .name(name)
        .help(help)
        .labelNames("model_name")
        .callback(callback -> models.forEach(model -> callback.call(now(model, value), model)))
        .register(registry);
  }

  private void evictions(String name, String help, ToDoubleFunction<Statistics> value) {
    CounterWithCallback.builder()
        .name(name)
        .help(help)
        .labelNames("model_name")
        .callback(callback -> models.forEach(model -> callback.call(now(model, value), model)))
        .register(registry);
  }

  private String first() {
    return models.getFirst();
  }

  private double now(String model, ToDoubleFunction<Statistics> value) {
    Supplier<Statistics> now = states.get(model);
    return now == null ? 0 : value.applyAsDouble(now.get());
  }

  /**
   * Shows the state of a model.
   *
   * @param devices that its engine computes on
   */
  void watch(String model, List<DeviceInfo> devices, Supplier<Statistics> engine) {
    for (DeviceInfo device : devices) {
      backend.addLabelValues(
          model, device.backend(), String.valueOf(device.number()), device.name());
    }
    states.put(model, engine);
  }

  /** Shows the state of a listener. */
  void watch(HttpListener listener) {
    this.listener = listener;
  }

  /** What counts the work of one of the models. */
  public EngineObserver observer(String model) {
    return new EngineObserver() {
      @Override
      public void forwardFinished(ForwardReport report) {
        Metrics.this.forwardFinished(model, report);
      }

      @Override
      public void requestFinished(RequestReport report) {
        Metrics.this.requestFinished(model, report);
      }
    };
  }

  @Override
  public void forwardFinished(ForwardReport report) {
    forwardFinished(first(), report);
  }

  @Override
  public void requestFinished(RequestReport report) {
    requestFinished(first(), report);
  }

  private void forwardFinished(String model, ForwardReport report) {
    forward.labelValues(model).observe(seconds(report.time()));
  }

  private void requestFinished(String model, RequestReport report) {
    WorkReport work = report.work();
    promptTokens.labelValues(model).inc(work.promptTokens());
    prefixQueries.labelValues(model).inc(work.promptTokens());
    prefixHits.labelValues(model).inc(work.sharedTokens());
    imageQueries.labelValues(model).inc(work.encodedImages() + work.reusedImages());
    imageHits.labelValues(model).inc(work.reusedImages());
    successes.labelValues(model, "stop").inc();
    requestTokens.labelValues(model).observe(work.promptTokens());
    preparation.labelValues(model).observe(seconds(report.preparationTime()));
    queueing.labelValues(model).observe(seconds(report.queueTime()));
    prefill.labelValues(model).observe(seconds(report.forwardTime()));
    double total =
        seconds(report.preparationTime().plus(report.queueTime()).plus(report.forwardTime()));
    latency.labelValues(model).observe(total);
    firstToken.labelValues(model).observe(total);
  }

  private static double seconds(Duration time) {
    return time.toNanos() / 1e9;
  }

  /**
   * A request that was answered.
   *
   * @param handler its route, or none
   * @param status 499 if its client did not wait
   */
  void answered(String handler, String method, int status, long nanos, long in, long out) {
    httpRequests.labelValues(handler, method, status / 100 + "xx").inc();
    httpSeconds.labelValues(handler, method).observe(nanos / 1e9);
    httpRequestBytes.labelValues(handler).observe((double) in);
    httpResponseBytes.labelValues(handler).observe((double) out);
    if (status == 499) {
      aborted.labelValues(first()).inc();
    } else if (status == 503) {
      refused.labelValues(first()).inc();
    }
  }

  /** A request was cut off. */
  void cut() {
    cut.labelValues(first()).inc();
  }

  /** Everything, in Prometheus's text format. */
  byte[] write() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      PrometheusTextFormatWriter.create().write(out, registry.scrape(), EscapingScheme.ALLOW_UTF8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }
}
