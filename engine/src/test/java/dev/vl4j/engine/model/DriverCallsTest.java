package dev.vl4j.engine.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.engine.CachingOptions;
import dev.vl4j.engine.Precision;
import dev.vl4j.engine.batch.PreparedPrompt;
import dev.vl4j.engine.checkpoints.EditedCheckpoint;
import dev.vl4j.engine.checkpoints.EditedCheckpoint.Tensor;
import dev.vl4j.loader.ModelDirectory;
import dev.vl4j.testkit.delayed.DelayedBackend;
import dev.vl4j.testkit.delayed.Faults;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How often a forward calls the device: for a short prompt, launches are what takes time. */
class DriverCallsTest {
  private static final String LAYER = "model.language_model.layers.%d.";

  /** As the published model of 2 billion parameters has them. */
  private static final int LAYERS = 28;

  /** Each layer but the last one. */
  private static final int CALLS_PER_LAYER = 8;

  /** Before and after the layers, and what the last one does to drop rows. */
  private static final int CALLS_BESIDE = 8;

  /** Tokens of each shared run; from 16 on they are kept. */
  private static final int RUN = 20;

  @TempDir Path directory;

  private ModelDirectory deep;

  /** The fixture's layers over and over. */
  @BeforeEach
  void deepen() {
    EditedCheckpoint checkpoint = new EditedCheckpoint("tied_gqa2", directory);
    Map<String, Tensor> more = new LinkedHashMap<>();
    for (int layer = 4; layer < LAYERS; layer++) {
      String from = LAYER.formatted(layer % 4);
      String to = LAYER.formatted(layer);
      checkpoint
          .tensors()
          .forEach((name, tensor) -> {
            if (name.startsWith(from)) {
              more.put(to + name.substring(from.length()), tensor);
            }
          });
    }
    checkpoint.tensors().putAll(more);
    checkpoint.writeTensors().configure("text_config.num_hidden_layers", "" + LAYERS);
    deep = ModelDirectory.open(directory);
  }

  /** What one forward called, by operation, and how often it asked for memory. */
  private record Calls(Map<String, Long> operations, long allocations) {
    long all() {
      return operations.values().stream().mapToLong(count -> count).sum();
    }
  }

  /**
   * Calls of a forward whose prompts go on from so many cached runs: if there are several, from one
   * and from others that follow it.
   */
  private Calls calls(int cachedRuns) {
    List<PreparedPrompt> prompts = new ArrayList<>();
    for (int run = 1; run < Math.max(2, cachedRuns); run++) {
      // Two prompts share what they begin with, so that it is kept.
      prompts.add(prompt(run, 1));
      prompts.add(prompt(run, 2));
    }
    try (TestModel model = open()) {
      DelayedBackend device = (DelayedBackend) model.backend();
      model.setBudget(Integer.MAX_VALUE);
      double[] first = model.logits(prompts);
      assertThat(device.live().stream().filter(name -> name.startsWith("keyValues")))
          .as("cached runs")
          .hasSize(cachedRuns);
      Map<String, Long> before = device.operations();
      device.setFaults(Faults.NONE);
      assertThat(model.logits(prompts)).isEqualTo(first);
      long allocations = device.allocations();
      Map<String, Long> calls = new LinkedHashMap<>(device.operations());
      calls.replaceAll((name, count) -> count - before.getOrDefault(name, 0L));
      calls.values().removeIf(count -> count == 0);
      return new Calls(calls, allocations);
    }
  }

  private TestModel open() {
    return TestModel.open(
        deep,
        "delayed",
        2,
        Precision.BF16,
        deep.trueTokenId().orElseThrow(),
        deep.falseTokenId().orElseThrow(),
        CachingOptions.DEFAULT);
  }

  private static PreparedPrompt prompt(int run, int end) {
    int[] ids = new int[2 * RUN + 3];
    for (int i = 0; i < RUN; i++) {
      ids[i] = 100 + i;
      ids[RUN + i] = 200 + 10 * run + i % 10;
    }
    ids[2 * RUN] = 900 + end;
    ids[2 * RUN + 1] = 910;
    ids[2 * RUN + 2] = 920;
    return new PreparedPrompt(ids, new int[0], List.of());
  }

  @Test
  void callsDependOnLayersAlone() {
    Calls one = calls(1);
    assertThat(calls(10)).isEqualTo(one);
    assertThat(calls(50)).isEqualTo(one);
    assertThat(one.operations())
        .containsEntry("attention", (long) LAYERS)
        .containsEntry("read", 1L)
        .as("keys and values are read in place")
        .doesNotContainKey("copy");
    assertThat(one.all())
        .as("%s", one)
        .isLessThanOrEqualTo((long) LAYERS * CALLS_PER_LAYER + CALLS_BESIDE);
    assertThat(one.allocations()).as("%s", one).isLessThan(LAYERS);
  }
}
