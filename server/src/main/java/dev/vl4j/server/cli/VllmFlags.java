package dev.vl4j.server.cli;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * Flags of {@code vllm serve} that people's scripts carry and that mean nothing here, or only one
 * thing: they are accepted, noted on standard error, or refused by name.
 */
final class VllmFlags {
  @Option(names = "--runner", hidden = true)
  @Nullable String runner;

  @Option(names = "--convert", hidden = true)
  @Nullable String convert;

  @Option(names = "--task", hidden = true)
  @Nullable String task;

  @Option(
      names = {"--tensor-parallel-size", "-tp"},
      hidden = true)
  @Nullable Integer tensorParallel;

  @Option(
      names = {"--pipeline-parallel-size", "-pp"},
      hidden = true)
  @Nullable Integer pipelineParallel;

  @Option(
      names = {"--data-parallel-size", "-dp"},
      hidden = true)
  @Nullable Integer dataParallel;

  @Option(
      names = {"--quantization", "-q"},
      hidden = true)
  @Nullable String quantization;

  @Option(names = "--load-format", hidden = true)
  @Nullable String loadFormat;

  @Option(names = "--scheduling-policy", hidden = true)
  @Nullable String schedulingPolicy;

  @Option(names = "--kv-cache-dtype", hidden = true)
  @Nullable String kvCacheDtype;

  @Option(names = "--pooler-config", hidden = true)
  @Nullable String poolerConfig;

  @Option(names = "--media-io-kwargs", hidden = true)
  @Nullable String mediaIo;

  @Option(names = "--gpu-memory-utilization", hidden = true)
  @Nullable String gpuMemory;

  @Option(names = "--max-num-seqs", hidden = true)
  @Nullable Integer maxSequences;

  @Option(names = "--swap-space", hidden = true)
  @Nullable String swapSpace;

  @Option(names = "--block-size", hidden = true)
  @Nullable String blockSize;

  @Option(names = "--seed", hidden = true)
  @Nullable String seed;

  @Option(names = "--attention-config", hidden = true)
  @Nullable String attention;

  @Option(
      names = {"--compilation-config", "-O"},
      hidden = true)
  @Nullable String compilation;

  @Option(names = "--additional-config", hidden = true)
  @Nullable String additionalConfig;

  @Option(names = "--chat-template-content-format", hidden = true)
  @Nullable String contentFormat;

  @Option(names = "--tokenizer-mode", hidden = true)
  @Nullable String tokenizerMode;

  @Option(names = "--allowed-media-domains", arity = "1..*", hidden = true)
  @Nullable List<String> mediaDomains;

  @Option(names = "--trust-remote-code", hidden = true)
  boolean trustRemoteCode;

  @Option(
      names = {"--enforce-eager", "--no-enforce-eager"},
      hidden = true)
  boolean enforceEager;

  @Option(
      names = {"--enable-chunked-prefill", "--no-enable-chunked-prefill"},
      hidden = true)
  boolean chunkedPrefill;

  @Option(
      names = {"--async-scheduling", "--no-async-scheduling"},
      hidden = true)
  boolean asyncScheduling;

  @Option(
      names = {"--disable-log-stats", "--disable-log-requests", "--no-enable-log-requests"},
      hidden = true)
  boolean disableLogs;

  @Option(names = "--disable-frontend-multiprocessing", hidden = true)
  boolean singleProcess;

  /**
   * Refuses what contradicts a reranker on one machine, and says once what has no effect.
   *
   * @throws CliException if a flag asks for what this server is not
   */
  void check(PrintStream err) {
    oneOf("--runner", runner, "auto", "pooling");
    oneOf("--convert", convert, "auto", "classify");
    oneOf("--task", task, "auto", "score", "classify");
    one("--tensor-parallel-size", tensorParallel);
    one("--pipeline-parallel-size", pipelineParallel);
    one("--data-parallel-size", dataParallel);
    oneOf("--quantization", quantization, "compressed-tensors");
    oneOf("--load-format", loadFormat, "auto", "safetensors");
    oneOf("--scheduling-policy", schedulingPolicy, "fcfs");
    oneOf("--kv-cache-dtype", kvCacheDtype, "auto");
    oneOf("--pooler-config", poolerConfig, "{}");
    oneOf("--media-io-kwargs", mediaIo, "{}");
    List<String> idle = idle();
    if (!idle.isEmpty()) {
      err.println("vl4j: no effect here: " + String.join(", ", idle));
    }
  }

  private List<String> idle() {
    List<String> idle = new ArrayList<>();
    note(idle, "--gpu-memory-utilization", gpuMemory != null);
    note(idle, "--max-num-seqs (forwards are bounded by tokens)", maxSequences != null);
    note(idle, "--swap-space", swapSpace != null);
    note(idle, "--block-size", blockSize != null);
    note(idle, "--seed", seed != null);
    note(idle, "--attention-config", attention != null);
    note(idle, "--compilation-config", compilation != null);
    note(idle, "--additional-config", additionalConfig != null);
    note(idle, "--chat-template-content-format", contentFormat != null);
    note(idle, "--tokenizer-mode", tokenizerMode != null);
    note(idle, "--allowed-media-domains (URLs are not fetched)", mediaDomains != null);
    note(idle, "--trust-remote-code", trustRemoteCode);
    note(idle, "--enforce-eager", enforceEager);
    note(idle, "--enable-chunked-prefill", chunkedPrefill);
    note(idle, "--async-scheduling", asyncScheduling);
    note(idle, "--disable-log-stats, --disable-log-requests", disableLogs);
    note(idle, "--disable-frontend-multiprocessing", singleProcess);
    return idle;
  }

  private static void note(List<String> idle, String flag, boolean given) {
    if (given) {
      idle.add(flag);
    }
  }

  private static void one(String flag, @Nullable Integer value) {
    if (value != null && value != 1) {
      throw new CliException(flag + " " + value + ": one process on one device is all there is");
    }
  }

  private static void oneOf(String flag, @Nullable String value, String... supported) {
    if (value != null && !List.of(supported).contains(value)) {
      throw new CliException(
          "%s %s: not supported; supported: %s"
              .formatted(flag, value, String.join(", ", supported)));
    }
  }
}
