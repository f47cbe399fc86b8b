package dev.vl4j.engine.model.config;

import dev.vl4j.engine.ModelException;
import dev.vl4j.loader.JsonFile;

/** Says that a field of a configuration has a value that is not computed with. */
final class ConfigRefusal {
  private ConfigRefusal() {}

  static ModelException of(JsonFile config, String field, String expected, Object found) {
    return new ModelException(
        "%s: %s: expected %s, found %s"
            .formatted(config.path(), config.name(field), expected, found));
  }
}
