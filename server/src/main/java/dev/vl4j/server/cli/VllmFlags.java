package dev.vl4j.server.cli;

import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * Flags of {@code vllm serve} that people's scripts carry and that mean nothing here, or only one
 * thing: they are accepted, noted in the log, or refused by name.
 */
final class VllmFlags {
  @Spec(Spec.Target.MIXEE)
  @Nullable CommandSpec command;

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

  /** About devices, compilers and processes that are not here, or about what is always so here. */
  @Option(
      names = {
        "--additional-config",
        "--attention-backend",
        "--attention-config",
        "--block-size",
        "--chat-template-content-format",
        "--compilation-config",
        "-O",
        "--cpu-offload-gb",
        "--distributed-executor-backend",
        "--gpu-memory-utilization",
        "--kv-cache-memory-bytes",
        "--max-log-len",
        "--max-num-partial-prefills",
        "--max-num-seqs",
        "--max-parallel-loading-workers",
        "--max-seq-len-to-capture",
        "--mm-processor-cache-gb",
        "--num-gpu-blocks-override",
        "--prefix-caching-hash-algo",
        "--seed",
        "--swap-space",
        "--tokenizer-mode",
      },
      hidden = true)
  @Nullable List<String> idleSettings;

  @Option(
      names = {
        "--async-scheduling",
        "--no-async-scheduling",
        "--disable-cascade-attn",
        "--disable-custom-all-reduce",
        "--disable-fastapi-docs",
        "--disable-frontend-multiprocessing",
        "--disable-log-requests",
        "--disable-log-stats",
        "--enable-chunked-prefill",
        "--no-enable-chunked-prefill",
        "--enable-log-requests",
        "--no-enable-log-requests",
        "--enable-prompt-tokens-details",
        "--enable-request-id-headers",
        "--enable-server-load-tracking",
        "--enforce-eager",
        "--no-enforce-eager",
        "--skip-mm-profiling",
        "--trust-remote-code",
        "--use-tqdm-on-load",
      },
      hidden = true)
  boolean @Nullable [] idleSwitches;

  /**
   * Refuses what contradicts a reranker on one machine.
   *
   * @return what has no effect, or null if all has
   * @throws CliException if a flag asks for what this server is not
   */
  @Nullable String check() {
    oneOf("--runner", runner, "auto", "pooling");
    oneOf("--convert", convert, "auto", "none", "classify");
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
    Set<String> idle = idle();
    return idle.isEmpty() ? null : "no effect here: " + String.join(", ", idle);
  }

  /** The flags without effect that were given, as they were spelt and in their order. */
  private Set<String> idle() {
    Set<String> given = new LinkedHashSet<>();
    if (command == null) {
      return given;
    }
    // All names of one kind belong to one option of picocli's; any of them finds it.
    Set<OptionSpec> idle = new HashSet<>();
    idle.add(command.findOption("--seed"));
    idle.add(command.findOption("--enforce-eager"));
    for (String word : command.commandLine().getParseResult().originalArgs()) {
      String name = word.split("=", 2)[0];
      OptionSpec option = command.findOption(name);
      if (option != null && idle.contains(option)) {
        given.add(name);
      }
    }
    return given;
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
