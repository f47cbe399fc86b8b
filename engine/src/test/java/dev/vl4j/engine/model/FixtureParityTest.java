package dev.vl4j.engine.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.engine.CachingOptions;
import dev.vl4j.engine.Precision;
import dev.vl4j.engine.batch.PreparedPrompt;
import dev.vl4j.engine.model.Fixtures.Case;
import dev.vl4j.engine.model.config.ModelConfig;
import dev.vl4j.engine.model.config.VisionConfig;
import dev.vl4j.engine.model.tower.Positions;
import dev.vl4j.engine.model.tower.VisualFeatures;
import dev.vl4j.engine.vision.ImagePatches;
import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.BackendSettings;
import dev.vl4j.kernels.Backends;
import dev.vl4j.kernels.DType;
import dev.vl4j.kernels.HostMatrix;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.OwnedTensor;
import dev.vl4j.kernels.Support;
import dev.vl4j.loader.SafetensorsFile;
import dev.vl4j.loader.StoredTensor;
import dev.vl4j.testkit.Seeds;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Holds every stage of the model against Hugging Face's numbers, on every backend. */
@Execution(ExecutionMode.CONCURRENT)
class FixtureParityTest {
  private static final double TOLERANCE = 2e-4;

  /** Of two logits in bf16 that are both right: PyTorch's are off by 0.09 at most. */
  private static final double BF16_TOLERANCE = 0.1;

  /**
   * Layers as small as these turn a rounding that falls the other way into a visible difference.
   */
  private static final double CHANCE = 1.5;

  /** What rounding the other way may come to: the largest error of PyTorch's emulation is 0.4. */
  private static final double FP8_TOLERANCE = 0.4;

  private interface Check {
    void run(String checkpoint, String backend);
  }

  private static Stream<DynamicTest> everywhere(Check check) {
    return Fixtures.CHECKPOINTS.stream()
        .flatMap(checkpoint ->
            Fixtures.BACKENDS.stream()
                .map(backend ->
                    DynamicTest.dynamicTest(
                        checkpoint + " on " + backend, () -> check.run(checkpoint, backend))));
  }

  @TestFactory
  Stream<DynamicTest> everyStageAgreesWithPyTorchInFloat32() {
    return everywhere((checkpoint, backend) -> {
      // Caching leaves out some of the stages; CachingTest holds that they change no logit.
      try (TestModel model =
          Fixtures.open(checkpoint, backend, 2, Precision.F32, CachingOptions.NONE)) {
        Errors errors = new Errors();
        for (Case test : Fixtures.cases(checkpoint)) {
          errors.add(compare(model, test));
        }
        errors.print("%s on %s, float32 operands".formatted(checkpoint, backend));
      }
    });
  }

  /** Holds every stage of a case to PyTorch's, and returns the logit's error. */
  private static double compare(TestModel model, Case test) {
    try (SafetensorsFile file = test.expected()) {
      Map<String, StoredTensor> expected = file.tensors();
      String at = test.checkpoint() + "/" + test.name() + " ";
      assertThat(test.prompt().rendered()).as(at).isEqualTo(test.json().path("prompt").asString());
      PreparedPrompt prompt = test.prepare();
      assertThat(prompt.ids()).as(at + "ids").isEqualTo(Fixtures.ints(expected.get("input_ids")));
      int images = prompt.images().size();
      List<ImagePatches> patches = new ArrayList<>();
      for (int i = 0; i < images; i++) {
        ImagePatches.Samples image = test.preprocessor().preprocess(test.prompt().images().get(i));
        patches.add(image);
        assertThat(new int[] {1, image.gridHeight(), image.gridWidth()})
            .as(at + "grid")
            .isEqualTo(Fixtures.ints(expected.get("image" + i + ".grid")));
        StoredTensor values = expected.get("image" + i + ".patches");
        if (values != null) {
          VisionConfig vision =
              ModelConfig.read(Fixtures.directory(test.checkpoint()).config())
                  .vision()
                  .orElseThrow();
          for (float[] frame :
              Fixtures.frames(values, vision.temporalPatchSize(), vision.patchSize())) {
            assertThat(image.values()).as(at + "patches").isEqualTo(frame);
          }
        }
      }
      int[][] positions = Positions.ofPrompt(prompt);
      int[] wanted = Fixtures.ints(expected.get("position_ids"));
      for (int i = 0; i < wanted.length; i++) {
        assertThat(positions[i / prompt.ids().length][i % prompt.ids().length])
            .as(at + "position " + i)
            .isEqualTo(wanted[i]);
      }

      Map<String, float[]> seen = new HashMap<>();
      model.observe((stage, forward, hidden) -> seen.put(stage, forward.read(hidden).await()));
      if (images > 0) {
        List<VisualFeatures> features =
            model.model().vision().orElseThrow().encode(patches, () -> {});
        seen.put("vision.embeds", joined(model, features.stream().map(VisualFeatures::embeddings)));
        for (int i = 0; i < features.getFirst().deepStack().size(); i++) {
          int tap = i;
          seen.put(
              "vision.deepstack" + tap,
              joined(model, features.stream().map(image -> image.deepStack().get(tap))));
        }
        features.forEach(VisualFeatures::close);
      }
      double logit = model.logits(List.of(prompt))[0];
      model.observe(null);
      int compared = 0;
      for (StoredTensor tensor : expected.values()) {
        String name = tensor.name();
        if (name.startsWith("vision.")) {
          close(at + name, seen.get(name), tensor.toFloats());
          compared++;
        } else if (name.matches("hidden\\d+")) {
          int[] rows = Fixtures.ints(expected.get("hidden_rows"));
          close(
              at + name,
              rows(seen.get(name), rows, (int) (long) tensor.shape().get(1)),
              tensor.toFloats());
          compared++;
        }
      }
      assertThat(compared).as(at).isGreaterThan(images > 0 ? 4 : 2);
      assertThat(logit)
          .as(at + "logit")
          .isCloseTo(test.number("logit"), within(test.number("logit")));
      return logit - test.number("logit");
    }
  }

  /** One image after another. */
  private static float[] joined(TestModel model, Stream<OwnedTensor> images) {
    float[] all = {};
    for (OwnedTensor image : images.toList()) {
      float[] values = model.read(image);
      all = Arrays.copyOf(all, all.length + values.length);
      System.arraycopy(values, 0, all, all.length - values.length, values.length);
    }
    return all;
  }

  private static float[] rows(float[] all, int[] rows, int width) {
    float[] some = new float[rows.length * width];
    for (int i = 0; i < rows.length; i++) {
      System.arraycopy(all, rows[i] * width, some, i * width, width);
    }
    return some;
  }

  private static void close(String what, float[] found, float[] expected) {
    assertThat(found).as(what).hasSameSizeAs(expected);
    for (int i = 0; i < expected.length; i++) {
      double limit = TOLERANCE * Math.max(1, Math.abs(expected[i]));
      if (!(Math.abs(found[i] - expected[i]) <= limit)) {
        assertThat(found[i]).as(what + " element " + i).isEqualTo(expected[i]);
      }
    }
  }

  private static org.assertj.core.data.Offset<Double> within(double expected) {
    return org.assertj.core.data.Offset.offset(TOLERANCE * Math.max(1, Math.abs(expected)));
  }

  @TestFactory
  Stream<DynamicTest> bfloat16OperandsErrNoMoreThanPyTorchInBfloat16() {
    return Fixtures.BACKENDS.stream()
        .map(backend ->
            DynamicTest.dynamicTest(
                backend,
                () -> {
                  Errors own = new Errors();
                  Errors peer = new Errors();
                  for (String checkpoint : Fixtures.CHECKPOINTS) {
                    measure(checkpoint, backend, own, peer);
                  }
                  own.print("bf16 operands on " + backend);
                  peer.print("PyTorch in bf16");
                  assertThat(own.sum / own.count)
                      .as("mean error")
                      .isLessThanOrEqualTo(peer.sum / peer.count);
                  assertThat(own.largest).as("largest").isLessThanOrEqualTo(peer.largest);
                }));
  }

  /**
   * The peer is the format's own arithmetic in PyTorch, a scale for each token and channel, with
   * bfloat16 between the layers; {@code bench/reference/fp8.py} computed it.
   */
  @TestFactory
  Stream<DynamicTest> fp8OperandsErrAsTheFormatDoes() {
    JsonNode peers = JsonMapper.shared().readTree(Fixtures.ROOT.resolve("fp8.json").toFile());
    return Fixtures.BACKENDS.stream()
        .filter(FixtureParityTest::hasFp8)
        .map(backend ->
            DynamicTest.dynamicTest(
                backend,
                () -> {
                  Errors own = new Errors();
                  Errors peer = new Errors();
                  for (String checkpoint : Fixtures.CHECKPOINTS) {
                    JsonNode theirs = peers.path(checkpoint);
                    try (TestModel model =
                        Fixtures.open(checkpoint, backend, 2, OperandFormat.FP8)) {
                      for (Case test : Fixtures.cases(checkpoint)) {
                        double truth = test.number("logit");
                        own.add(model.logits(List.of(test.prepare()))[0] - truth);
                        double logit = theirs.path(test.name()).path("fp8_bf16").asDouble();
                        peer.add(logit - truth);
                      }
                    }
                  }
                  own.print("fp8 operands on " + backend);
                  peer.print("PyTorch in bf16 with operands of linear layers in fp8");
                  assertThat(own.sum / own.count)
                      .as("mean error")
                      .isLessThanOrEqualTo(CHANCE * peer.sum / peer.count);
                  assertThat(own.largest).as("largest").isLessThanOrEqualTo(CHANCE * peer.largest);
                }));
  }

  /** Processors do not; of GPUs, some do. */
  private static boolean hasFp8(String backend) {
    try (Backend opened = Backends.open(backend, BackendSettings.DEFAULT)) {
      boolean has = opened.supports(OperandFormat.FP8) != Support.NONE;
      if (!has) {
        System.out.printf("parity: no fp8 on %s%n", opened.description());
      }
      return has;
    }
  }

  private static final class Errors {
    private double sum;
    private double largest;
    private int count;

    void add(double error) {
      sum += Math.abs(error);
      largest = Math.max(largest, Math.abs(error));
      count++;
    }

    /** The figures of the README's table. */
    void print(String what) {
      System.out.printf(
          "parity: %s: logit error mean %.1e, largest %.1e over %d cases%n",
          what, sum / count, largest, count);
    }
  }

  private static void measure(String checkpoint, String backend, Errors own, Errors peer) {
    try (TestModel model = Fixtures.open(checkpoint, backend, 2, OperandFormat.BF16)) {
      for (Case test : Fixtures.cases(checkpoint)) {
        double truth = test.number("logit");
        own.add(model.logits(List.of(test.prepare()))[0] - truth);
        peer.add(test.number("logit_bf16") - truth);
      }
    }
  }

  /** To the last bit, or, where the backend does not promise that, both within what is right. */
  @TestFactory
  Stream<DynamicTest> logitIsTheSameInAnyBatchOnAnyThreads() {
    return everywhere((checkpoint, backend) -> {
      boolean bitwise;
      List<OperandFormat> formats;
      try (Backend opened = Backends.open(backend, BackendSettings.DEFAULT)) {
        formats =
            Arrays.stream(OperandFormat.values())
                .filter(format -> opened.supports(format) != Support.NONE)
                .toList();
        // A backend may look at a format when it is first asked for a weight in it.
        HostMatrix matrix = Seeds.matrix("w", new float[6], DType.F32, 2, 3);
        formats.forEach(format -> opened.prepare(List.of(matrix), format).close());
        bitwise = opened.reproducibility().isBitwise();
      }
      assertThat(formats).isNotEmpty();
      for (OperandFormat operands : formats) {
        double allowed =
            switch (operands) {
              case F32 -> TOLERANCE;
              case BF16, INT8 -> BF16_TOLERANCE;
              case FP8 -> FP8_TOLERANCE;
            };
        double[] alone = logits(checkpoint, backend, 1, operands, 1, 1);
        for (int size : Seeds.thorough() ? new int[] {2, 3, 4, 5, 6, 7, 8} : new int[] {3, 8}) {
          int threads = 1 + size % 2;
          double[] together = logits(checkpoint, backend, threads, operands, size, 1 << 20);
          same("%s, %d prompts".formatted(operands, size), bitwise, allowed, together, alone);
        }
        double[] threaded = logits(checkpoint, backend, 2, operands, 1, 1);
        same("%s, 2 threads".formatted(operands), bitwise, allowed, threaded, alone);
      }
    });
  }

  private static void same(
      String what, boolean bitwise, double allowed, double[] got, double[] want) {
    if (bitwise) {
      assertThat(got).as(what).isEqualTo(want);
    } else {
      assertThat(got).as(what).containsExactly(want, Offset.offset(allowed));
    }
  }

  private static double[] logits(
      String checkpoint,
      String backend,
      int threads,
      OperandFormat operands,
      int size,
      int budget) {
    try (TestModel model = Fixtures.open(checkpoint, backend, threads, operands)) {
      model.setBudget(budget);
      List<PreparedPrompt> prompts = new ArrayList<>();
      for (Case test : Fixtures.cases(checkpoint)) {
        prompts.add(test.prepare());
      }
      double[] logits = new double[prompts.size()];
      for (int from = 0; from < logits.length; from += size) {
        int to = Math.min(from + size, logits.length);
        System.arraycopy(model.logits(prompts.subList(from, to)), 0, logits, from, to - from);
      }
      return logits;
    }
  }
}
