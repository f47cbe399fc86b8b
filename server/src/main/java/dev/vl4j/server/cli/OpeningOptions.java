package dev.vl4j.server.cli;

import dev.vl4j.engine.Diagnostics;
import dev.vl4j.engine.ImageRules;
import dev.vl4j.engine.ModelException;
import dev.vl4j.engine.ModelOptions;
import dev.vl4j.engine.Precision;
import dev.vl4j.engine.VideoRules;
import dev.vl4j.kernels.BackendChoice;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** How a model is opened: what all commands that compute have in common. */
final class OpeningOptions {
  /** What a directory is taken for. */
  enum Role {
    RERANKER,
    EMBEDDER
  }

  @Option(
      names = "--dtype",
      paramLabel = "auto|f32|bf16|int8|fp8",
      defaultValue = "auto",
      converter = DtypeConverter.class,
      description =
          "Format of matrix products; auto is the default: as the weights are stored. int8 is for"
              + " processors and NVIDIA GPUs, fp8 for NVIDIA GPUs of compute capability 8.9 or"
              + " later.")
  Precision dtype = Precision.AUTO;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Compute threads; one per processor if left out.")
  @Nullable Integer threads;

  @Mixin BackendOption backend = new BackendOption();

  @Option(
      names = "--packed-cache",
      paramLabel = "DIR",
      description =
          "Keep packed weights in files of this directory, to open the model faster next time:"
              + " one file for each checkpoint, adapter and dtype, as large as the weights.")
  @Nullable Path packedCache;

  @Option(
      names = "--lora",
      paramLabel = "DIR",
      description =
          "Merge an adapter into the weights while they are prepared: a directory with PEFT's"
              + " adapter_config.json and adapter_model.safetensors.")
  @Nullable Path lora;

  @Option(
      names = "--official-pixels",
      description = "Picture sizes of Qwen's own scripts instead of the checkpoint's.")
  boolean officialPixels;

  @Option(
      names = "--image-rules",
      paramLabel = "official|vllm",
      description =
          "What becomes of transparency, EXIF orientation and thin strips: as in Qwen's own scripts (the"
              + " default), or as in vLLM, which turns pictures upright and lays all that is"
              + " transparent over white.")
  ImageRules imageRules = ImageRules.OFFICIAL;

  @Option(
      names = "--video-rules",
      paramLabel = "official|transformers|vllm",
      description =
          "Which frames of a video are seen, and in what sizes: as Qwen's own scripts choose them"
              + " (the default), transformers, or vLLM.")
  VideoRules videoRules = VideoRules.OFFICIAL;

  @Option(
      names = "--as",
      paramLabel = "reranker|embedder",
      description = "What a directory is that does not say so itself.")
  @Nullable Role role;

  @Mixin LimitOptions limits = new LimitOptions();

  /**
   * These options, but for the sizes of pictures, which each command has its own words for.
   *
   * @throws CliException if the backend cannot run here or does not have the format, before a model
   *     is downloaded in vain
   */
  ModelOptions options() {
    List<BackendChoice> _ = backend.choose();
    try {
      Diagnostics.requirePrecision(dtype, backend.choice);
    } catch (ModelException e) {
      throw new CliException("--dtype: " + Errors.message(e), e);
    }
    return ModelOptions.DEFAULT
        .withBackend(backend.choice)
        .withThreads(positive("--threads", threads))
        .withPrecision(dtype)
        .withPackedCache(packedCache)
        .withLora(lora)
        .withImageRules(imageRules)
        .withVideoRules(videoRules)
        .withAllowUndeclared(role != null)
        .withLimits(limits.limits());
  }

  /** An option's number, or 0 if it was left out: the engine's word for its own default. */
  static int positive(String option, @Nullable Integer value) {
    if (value == null) {
      return 0;
    }
    LimitOptions.requirePositive(option, value);
    return value;
  }
}
