package dev.vl4j.engine.model.config;

import dev.vl4j.engine.ModelException;
import dev.vl4j.loader.JsonFile;
import dev.vl4j.loader.ModelDirectory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * What the side files of an embedding model say of how hidden states become a vector: {@code
 * modules.json} and {@code 1_Pooling/config.json}, as sentence-transformers writes them.
 */
public final class PoolingSettings {
  private static final String LAST_TOKEN = "lasttoken";
  private static final String MODE = "pooling_mode_";

  /** Modules by the last step of their type. */
  private static final Set<String> KNOWN = Set.of("Transformer", "Pooling", "Normalize");

  private PoolingSettings() {}

  /**
   * Checks that vectors are made as they are here: the last token's hidden state, normed, and
   * nothing after it.
   *
   * @throws ModelException if the files ask for something else
   */
  public static void check(ModelDirectory directory) {
    Path modules = directory.directory().resolve("modules.json");
    if (Files.exists(modules)) {
      JsonFile file = JsonFile.read(modules);
      for (JsonFile module : file.requireSections("")) {
        String type = module.requireString("type");
        String name = type.substring(type.lastIndexOf('.') + 1);
        if (!KNOWN.contains(name)) {
          throw new ModelException(
              "%s: type: expected Transformer, Pooling and Normalize, found %s"
                  .formatted(modules, type));
        }
      }
    }
    Path pooling = directory.directory().resolve("1_Pooling").resolve("config.json");
    if (Files.exists(pooling)) {
      requireLastToken(JsonFile.read(pooling));
    }
  }

  /** Older files have a switch for each mode, newer ones name it. */
  private static void requireLastToken(JsonFile pooling) {
    List<String> modes = new ArrayList<>();
    for (String key : pooling.keys()) {
      if (key.startsWith(MODE) && Boolean.TRUE.equals(pooling.optBoolean(key))) {
        modes.add(key.substring(MODE.length()));
      }
    }
    if (pooling.has("pooling_mode")) {
      modes.add(pooling.requireString("pooling_mode"));
    }
    if (!modes.equals(List.of(LAST_TOKEN))) {
      throw new ModelException(
          "%s: expected the pooling mode %s, found %s"
              .formatted(pooling.path(), LAST_TOKEN, modes.isEmpty() ? "none" : modes));
    }
  }
}
