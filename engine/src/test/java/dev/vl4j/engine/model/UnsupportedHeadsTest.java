package dev.vl4j.engine.model;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vl4j.engine.CachingOptions;
import dev.vl4j.engine.ModelException;
import dev.vl4j.engine.Precision;
import dev.vl4j.engine.model.config.ModelConfig;
import dev.vl4j.engine.model.head.ScoreHead;
import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.Support;
import dev.vl4j.loader.ModelDirectory;
import java.lang.reflect.Proxy;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A backend is asked for attention before any weight is prepared. */
class UnsupportedHeadsTest {
  /** Answers what it supports, and can do nothing else. */
  private static Backend without(int headSize) {
    return (Backend)
        Proxy.newProxyInstance(
            Backend.class.getClassLoader(),
            new Class<?>[] {Backend.class},
            (proxy, method, arguments) ->
                switch (method.getName()) {
                  case "description" -> "narrow";
                  case "supports" ->
                      arguments.length == 2 && arguments[1].equals(headSize)
                          ? Support.NONE
                          : Support.KERNELS;
                  default -> throw new AssertionError("asked for " + method);
                });
  }

  @ParameterizedTest
  @CsvSource({"text", "vision"})
  void modelIsRefusedByTheTowersName(String tower) {
    ModelDirectory directory = Fixtures.directory("heads72_f16");
    ModelConfig config = ModelConfig.read(directory.config());
    int headSize =
        tower.equals("text") ? config.text().headSize() : config.vision().orElseThrow().headSize();
    assertThatThrownBy(() ->
            ModelForwards.open(
                config,
                directory,
                without(headSize),
                Precision.F32,
                weights -> ScoreHead.of(config, weights, 1, 0),
                null,
                null,
                CachingOptions.DEFAULT))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("%s tower: attention with heads of size %d", tower, headSize)
        .hasMessageContaining("narrow");
  }
}
