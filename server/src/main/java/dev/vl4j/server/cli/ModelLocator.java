package dev.vl4j.server.cli;

import dev.vl4j.loader.hub.Hub;
import dev.vl4j.loader.hub.HubException;
import dev.vl4j.loader.hub.HubSettings;
import dev.vl4j.loader.hub.ModelHub;
import dev.vl4j.loader.hub.ModelId;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Finds what a command line calls MODEL: an embedded model, a directory, or a hub's model. */
final class ModelLocator {
  private final Streams streams;
  private final Function<Hub, HubSettings> settings;

  /** Hubs are reached as this process's environment says. */
  ModelLocator(Streams streams) {
    this(streams, HubSettings::of);
  }

  ModelLocator(Streams streams, Function<Hub, HubSettings> settings) {
    this.streams = streams;
    this.settings = settings;
  }

  /**
   * The same for a revision that is named apart, if one is.
   *
   * @throws CliException if the model has no revisions
   */
  String locate(String model, @Nullable String revision) {
    if (revision == null) {
      return locate(model);
    }
    if (isHere(model) || !ModelId.isId(model) || model.contains("@")) {
      throw new CliException("--revision: %s is no hub's id without a revision".formatted(model));
    }
    return locate(model + "@" + revision);
  }

  /**
   * A directory for a hub's id, downloaded if the cache has none; what exists here stays as it is,
   * and goes before a hub's model of the same name.
   *
   * @throws CliException if it is no id and does not exist
   * @throws HubException if it is an id and cannot be had
   */
  String locate(String model) {
    if (isHere(model)) {
      return model;
    }
    if (!ModelId.isId(model)) {
      throw new CliException(
          "%s: no such directory; expected one, demo, or a hub's id such as Qwen/Qwen3-VL-Reranker-2B"
              .formatted(model));
    }
    ModelId id = ModelId.parse(model);
    try {
      return download(settings.apply(id.hub()), id, ModelHub::resolve).toString();
    } catch (HubException e) {
      throw new HubException(
          "%s (nor is there a directory of this name)".formatted(Errors.message(e)), e);
    }
  }

  /** A way to get a model out of a hub. */
  interface Way {
    Path get(ModelHub hub, ModelId id);
  }

  /** Lets a hub work, and tells on stderr what it does. */
  Path download(HubSettings chosen, ModelId id, Way way) {
    DownloadReport report = new DownloadReport(streams, System::nanoTime);
    ModelHub hub = new ModelHub(chosen, report);
    return Progress.reported(streams, report::describe, () -> way.get(hub, id));
  }

  private static boolean isHere(String model) {
    try {
      return ModelOpener.isBuiltIn(model) || Files.exists(Path.of(model));
    } catch (InvalidPathException e) {
      return false;
    }
  }
}
