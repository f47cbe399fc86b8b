package dev.vl4j.spark;

import dev.vl4j.engine.BatchingOptions;
import dev.vl4j.engine.ImageRules;
import dev.vl4j.engine.ModelOptions;
import dev.vl4j.engine.PixelBudget;
import dev.vl4j.engine.Precision;
import dev.vl4j.engine.VideoRules;
import java.io.Serializable;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.function.Function;
import org.apache.spark.resource.ResourceInformation;
import org.jspecify.annotations.Nullable;

/**
 * What an engine is opened by. Tasks with equal settings share an engine.
 *
 * @param precision by its name in {@link Precision}, and so are the rules in theirs: what is
 *     serialized should not depend on the engine's classes
 */
record EngineSettings(
    String model,
    String backend,
    String precision,
    int threads,
    int maxTokens,
    int maxBatchTokens,
    @Nullable String lora,
    @Nullable String packedCache,
    int minPixels,
    int maxPixels,
    String imageRules,
    String videoRules,
    boolean allowUndeclared)
    implements Serializable {
  /** Name of Spark's resource, and of the backend for it. */
  private static final String GPU = "gpu";

  private static final String CUDA = "cuda";

  /** Each task has its window, so they never have to be refused. */
  private static final int MAX_REQUESTS = 1 << 20;

  /**
   * The same on the GPUs that Spark has given the task, unless the backend is another one, or says
   * which.
   *
   * @throws IllegalArgumentException if Spark's addresses are no numbers of devices
   */
  EngineSettings on(Map<String, ResourceInformation> resources) {
    ResourceInformation gpu = resources.get(GPU);
    boolean free = backend.equals(ModelParams.AUTO) || backend.equals(CUDA);
    if (gpu == null || gpu.addresses().length == 0 || !free) {
      return this;
    }
    for (String address : gpu.addresses()) {
      if (!address.matches("[0-9]{1,4}")) {
        throw new IllegalArgumentException(
            "spark.executor.resource.gpu: expected numbers of devices as addresses, found "
                + address);
      }
    }
    String devices = String.join(",", Arrays.stream(gpu.addresses()).sorted().toList());
    return with(CUDA + ":" + devices, threads);
  }

  /** The same with as many threads as the executor has cores, unless they are given. */
  EngineSettings withCores(int cores) {
    return threads == 0 ? with(backend, cores) : this;
  }

  private EngineSettings with(String otherBackend, int otherThreads) {
    return new EngineSettings(
        model,
        otherBackend,
        precision,
        otherThreads,
        maxTokens,
        maxBatchTokens,
        lora,
        packedCache,
        minPixels,
        maxPixels,
        imageRules,
        videoRules,
        allowUndeclared);
  }

  /**
   * @param directories finds a directory of this machine by its name
   */
  ModelOptions options(Function<String, Path> directories) {
    return ModelOptions.DEFAULT
        .withBackend(backend)
        .withPrecision(Precision.valueOf(precision))
        .withThreads(threads)
        .withMaxTokens(maxTokens)
        .withLora(lora == null ? null : directories.apply(lora))
        .withPackedCache(packedCache == null ? null : Path.of(packedCache))
        .withPixelBudget(new PixelBudget(minPixels, maxPixels))
        .withImageRules(ImageRules.valueOf(imageRules))
        .withVideoRules(VideoRules.valueOf(videoRules))
        .withAllowUndeclared(allowUndeclared)
        .withBatching(
            BatchingOptions.DEFAULT
                .withMaxBatchTokens(maxBatchTokens)
                .withMaxRequests(MAX_REQUESTS));
  }
}
