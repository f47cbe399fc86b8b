package dev.vl4j.springboot;

import dev.vl4j.engine.Device;
import dev.vl4j.engine.Embedder;
import dev.vl4j.engine.ModelException;
import dev.vl4j.engine.ModelOptions;
import dev.vl4j.engine.Reranker;
import dev.vl4j.loader.hub.HubListener;
import dev.vl4j.loader.hub.HubSettings;
import dev.vl4j.loader.hub.ModelHub;
import dev.vl4j.loader.hub.ModelId;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Opens what properties call a model.
 *
 * @param device to share, or null for one of each model's own
 */
record ModelOpener(
    Vl4jProperties properties, List<ModelOptionsCustomizer> customizers, @Nullable Device device) {
  private static final Log LOG = LogFactory.getLog(ModelOpener.class);
  private static final String DEMO = "demo";

  Reranker reranker() {
    return open(
        "vl4j.model",
        properties.model(),
        options(ModelOptionsCustomizer.RERANKER),
        Reranker::openDemo,
        Reranker::open);
  }

  Embedder embedder() {
    return open(
        "vl4j.embedding-model",
        properties.embeddingModel(),
        options(ModelOptionsCustomizer.EMBEDDER),
        Embedder::openDemo,
        Embedder::open);
  }

  private ModelOptions options(String bean) {
    ModelOptions options =
        ModelOptions.DEFAULT
            .withThreads(properties.threads())
            .withPrecision(properties.dtype())
            .withMaxTokens(properties.maxTokens())
            .withBatching(
                ModelOptions.DEFAULT.batching().withMaxRequests(properties.maxRequests()));
    options =
        device == null ? options.withBackend(properties.backend()) : options.withDevice(device);
    String cache = properties.packedCache();
    if (cache != null) {
      options = options.withPackedCache(path("vl4j.packed-cache", cache));
    }
    for (ModelOptionsCustomizer customizer : customizers) {
      options = customizer.customize(bean, options);
    }
    return options;
  }

  private static <E> E open(
      String property,
      @Nullable String model,
      ModelOptions options,
      Function<ModelOptions, E> demo,
      BiFunction<Path, ModelOptions, E> directory) {
    return DEMO.equals(model)
        ? demo.apply(options)
        : directory.apply(directory(property, model == null ? "" : model), options);
  }

  /** Whatever exists here goes before a hub's model of the same name. */
  private static Path directory(String property, String model) {
    if (!model.isEmpty()) {
      Path path = path(property, model);
      if (Files.exists(path)) {
        return path;
      }
      if (ModelId.isId(model)) {
        ModelId id = ModelId.parse(model);
        return new ModelHub(HubSettings.of(id.hub()), Downloads.LOGGED).resolve(id);
      }
    }
    throw new ModelException(
        "%s: expected demo, a directory, or a hub's model id such as Qwen/Qwen3-VL-Reranker-2B, found '%s'"
            .formatted(property, model));
  }

  private static Path path(String property, String text) {
    try {
      return Path.of(text);
    } catch (InvalidPathException e) {
      throw new ModelException("%s: no path: %s".formatted(property, e.getMessage()), e);
    }
  }

  /** Says that a start takes its time because of a download. */
  private enum Downloads implements HubListener {
    LOGGED;

    @Override
    public void note(String message) {
      LOG.info(message);
    }

    @Override
    public void progress(String file, long done, long total) {
      LOG.debug("%s: %d of %d bytes".formatted(file, done, total));
    }
  }
}
