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

  @Option(names = "--override-pooler-config", hidden = true)
  @Nullable String overridePoolerConfig;

  @Option(names = "--tokenizer", hidden = true)
  @Nullable String tokenizer;

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
   * Refuses what contradicts a reranker or an embedding model on one machine.
   *
   * @return what has no effect, or null if all has
   * @throws CliException if a flag asks for what this server is not
   */
  @Nullable String check() {
    oneOf("--runner", runner, "auto", "pooling");
    oneOf("--convert", convert, "auto", "none", "classify", "embed");
    oneOf("--task", task, "auto", "score", "classify", "embed");
    one("--tensor-parallel-size", tensorParallel, "no model is divided");
    one("--pipeline-parallel-size", pipelineParallel, "no model is divided");
    one("--data-parallel-size", dataParallel, "devices are named");
    oneOf("--quantization", quantization, "compressed-tensors");
    oneOf("--load-format", loadFormat, "auto", "safetensors");
    oneOf("--scheduling-policy", schedulingPolicy, "fcfs");
    oneOf("--kv-cache-dtype", kvCacheDtype, "auto");
    String pooling = "the checkpoint says how its states are pooled";
    leftOut("--pooler-config", poolerConfig, "{}", pooling);
    leftOut("--override-pooler-config", overridePoolerConfig, "{}", pooling);
    leftOut("--tokenizer", tokenizer, "auto", "the checkpoint's own is read");
    oneOf("--media-io-kwargs", mediaIo, "{}");
    Set<String> idle = idle();
    return idle.isEmpty() ? null : "no effect here: " + String.join(", ", idle);
  }

  /**
   * Refuses a task that no served model has.
   *
   * @param reranker whether there is a reranker
   * @param embedder whether there is an embedding model
   * @throws CliException if a flag asks for another
   */
  void requireTasks(boolean reranker, boolean embedder) {
    requireTask("--convert", convert, reranker, embedder);
    requireTask("--task", task, reranker, embedder);
  }

  private static void requireTask(
      String flag, @Nullable String value, boolean reranker, boolean embedder) {
    if ("embed".equals(value) && !embedder) {
      throw new CliException(flag + " embed: the model is a reranker");
    }
    if (("classify".equals(value) || "score".equals(value)) && !reranker) {
      throw new CliException(flag + " " + value + ": the model is an embedding model");
    }
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

  private static void one(String flag, @Nullable Integer value, String why) {
    if (value != null && value != 1) {
      throw new CliException(
          "%s %d: %s; --backend NAME:0,1 has a whole model on each of two devices"
              .formatted(flag, value, why));
    }
  }

  /** Refuses any value but the one that asks for nothing. */
  private static void leftOut(String flag, @Nullable String value, String nothing, String why) {
    if (value != null && !value.equals(nothing)) {
      throw new CliException("%s: %s; leave it out".formatted(flag, why));
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
