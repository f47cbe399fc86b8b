package dev.vl4j.spark;

import dev.vl4j.engine.ModelException;
import dev.vl4j.loader.hub.HubException;
import dev.vl4j.loader.hub.HubListener;
import dev.vl4j.loader.hub.HubSettings;
import dev.vl4j.loader.hub.ModelHub;
import dev.vl4j.loader.hub.ModelId;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.apache.spark.SparkEnv;
import org.apache.spark.SparkFiles;

/** Finds models on an executor's machine. */
final class ModelFinder {
  /** The model that the engine carries. */
  static final String DEMO = "demo";

  private ModelFinder() {}

  /**
   * The directory of a model: one of this name, one among the files that Spark brought, or a hub's,
   * which is downloaded if the cache has none.
   *
   * @throws ModelException if there is none of this name
   * @throws HubException if the hub does not have it, or cannot be reached
   */
  static Path find(String model) {
    try {
      Path directory = directory(model);
      if (Files.exists(directory)) {
        return directory;
      }
    } catch (InvalidPathException e) {
      throw new ModelException("model: %s is no name of a directory".formatted(model), e);
    }
    if (!ModelId.isId(model)) {
      throw new ModelException(
          "model: expected demo, a directory on each executor, or a hub's id; %s is none on this one"
              .formatted(model));
    }
    ModelId id = ModelId.parse(model);
    try {
      return new ModelHub(HubSettings.of(id.hub()), HubListener.NONE).resolve(id);
    } catch (HubException e) {
      throw new ModelException(
          "model: %s (nor is there a directory of this name)".formatted(e.getMessage()), e);
    }
  }

  /** A directory by its path, or, if there is none, by its name among the files of Spark. */
  static Path directory(String name) {
    Path plain = Path.of(name);
    if (Files.exists(plain) || plain.isAbsolute() || SparkEnv.get() == null) {
      return plain;
    }
    Path brought = Path.of(SparkFiles.getRootDirectory()).resolve(plain);
    return Files.exists(brought) ? brought : plain;
  }
}
