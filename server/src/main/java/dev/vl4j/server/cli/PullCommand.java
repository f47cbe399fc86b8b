package dev.vl4j.server.cli;

import dev.vl4j.loader.hub.HubSettings;
import dev.vl4j.loader.hub.ModelHub;
import dev.vl4j.loader.hub.ModelId;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Downloads a model and says where it is. */
@Command(
    name = "pull",
    description = "Download a model into the cache that Hugging Face's tools use.")
final class PullCommand implements Callable<Integer> {
  @Parameters(
      paramLabel = "MODEL",
      description = "Model id, such as Qwen/Qwen3-VL-Reranker-2B; @REVISION may follow.")
  String model = "";

  @Option(
      names = "--revision",
      paramLabel = "R",
      description = "Branch, tag or commit; the default branch if left out.")
  @Nullable String revision;

  @Option(
      names = "--modelscope",
      description = "From modelscope.cn; the same as modelscope: before the id.")
  boolean modelScope;

  @Option(
      names = "--cache-dir",
      paramLabel = "D",
      description = "Another cache than HF_HUB_CACHE, HF_HOME or ~/.cache/huggingface/hub.")
  @Nullable Path cacheDirectory;

  private final Streams streams;

  PullCommand(Streams streams) {
    this.streams = streams;
  }

  @Override
  public Integer call() {
    ModelId id = id();
    HubSettings settings = HubSettings.of(id.hub());
    if (cacheDirectory != null) {
      settings = settings.withCache(cacheDirectory);
    }
    Path directory = new ModelLocator(streams).download(settings, id, ModelHub::pull);
    streams.out().println(directory);
    streams.out().flush();
    return 0;
  }

  private ModelId id() {
    ModelId id = ModelId.parse(model);
    if (revision != null && model.contains("@")) {
      throw new CliException("--revision and @REVISION exclude each other");
    }
    ModelId chosen = modelScope ? id.onModelScope() : id;
    return revision == null ? chosen : chosen.withRevision(revision);
  }
}
