package dev.vl4j.ascend.backend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.ascend.fake.FakeCann;
import dev.vl4j.kernels.Activation;
import dev.vl4j.kernels.AttentionPlan;
import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.DType;
import dev.vl4j.kernels.Epilogue;
import dev.vl4j.kernels.Forward;
import dev.vl4j.kernels.HeadNorm;
import dev.vl4j.kernels.HostMatrix;
import dev.vl4j.kernels.KeyValues;
import dev.vl4j.kernels.Linear;
import dev.vl4j.kernels.Operand;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.OwnedTensor;
import dev.vl4j.kernels.Rotary;
import dev.vl4j.kernels.RotaryEmbedding;
import dev.vl4j.kernels.Segment;
import dev.vl4j.kernels.Tensor;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** How many operators a layer of either tower comes to: the tables of docs/ascend.md. */
class OperatorCountTest {
  private static final int ROWS = 24;
  private static final int HIDDEN = 256;
  private static final int INNER = 384;
  private static final AttentionShape SHAPE =
      new AttentionShape(2, 1, 128, 0.09f, OperandFormat.BF16);

  private static final int VISION_HIDDEN = 128;
  private static final AttentionShape VISION_SHAPE =
      new AttentionShape(2, 2, 64, 0.125f, OperandFormat.BF16);

  @RegisterExtension final FakeNpus npus = new FakeNpus();

  /** Everything that a layer computes, as the text tower asks for it. */
  private static void textLayer(AscendBackend backend, boolean withPrefix, Runnable before) {
    List<AutoCloseable> owned = new ArrayList<>();
    try (Arena arena = Arena.ofConfined()) {
      Linear projections = weight(backend, arena, 4 * 128, HIDDEN, owned);
      Linear output = weight(backend, arena, HIDDEN, 2 * 128, owned);
      HostMatrix gate = matrix(arena, INNER, HIDDEN);
      Linear gated = backend.prepareGated(gate, matrix(arena, INNER, HIDDEN), OperandFormat.BF16);
      owned.add(gated);
      Linear down = weight(backend, arena, HIDDEN, INNER, owned);
      OwnedTensor norm = backend.upload(new float[HIDDEN], 1, HIDDEN);
      owned.add(norm);
      OwnedTensor headNorm = backend.upload(new float[128], 1, 128);
      owned.add(headNorm);
      KeyValues stored = backend.keyValues(SHAPE, 1, 8);
      owned.add(stored);
      HeadNorm heads = new HeadNorm(headNorm, 1e-6f);
      try (Forward forward = backend.begin()) {
        Tensor residual = forward.tensor(ROWS, HIDDEN);
        forward.upload(new float[ROWS * HIDDEN], residual);
        Tensor next = forward.tensor(ROWS, HIDDEN);
        KeyValues own = forward.keyValues(SHAPE, ROWS);
        List<Segment> segments = new ArrayList<>();
        if (withPrefix) {
          segments.add(Segment.stored(stored, Segment.ROOT));
        }
        int parent = withPrefix ? 0 : Segment.ROOT;
        segments.add(Segment.computed(own, 0, 10, parent, true));
        segments.add(Segment.computed(own, 10, 14, parent, true));
        AttentionPlan plan = forward.attention(SHAPE, segments);
        Rotary rotary =
            forward.rotary(new RotaryEmbedding(new float[64], new int[64], 1), new int[1][ROWS]);
        Operand normed = forward.operand(ROWS, projections);
        Tensor projected = forward.tensor(ROWS, 4 * 128);
        Operand queries = forward.queries(ROWS, SHAPE);
        Operand attended = forward.operand(ROWS, output);
        Operand inner = forward.operand(ROWS, down);
        before.run();
        forward.rmsNorm(residual, norm, 1e-6f, normed);
        forward.linear(normed, projections, Epilogue.NONE, projected);
        forward.queryKeyValues(projected, heads, heads, rotary, plan, 0, queries);
        forward.attention(queries, plan, 0, attended);
        forward.linear(attended, output, Epilogue.residual(residual), next);
        forward.rmsNorm(next, norm, 1e-6f, normed);
        forward.linear(normed, gated, Epilogue.NONE, inner);
        forward.linear(inner, down, new Epilogue(null, Activation.NONE, next), residual);
        float[] _ = forward.read(residual).await();
      }
    } finally {
      for (AutoCloseable each : owned) {
        close(each);
      }
    }
  }

  /** Everything that a layer computes, as the vision tower asks for it, for two pictures. */
  private static void visionLayer(AscendBackend backend, Runnable before) {
    List<AutoCloseable> owned = new ArrayList<>();
    try (Arena arena = Arena.ofConfined()) {
      Linear projections = weight(backend, arena, 3 * VISION_HIDDEN, VISION_HIDDEN, owned);
      Linear output = weight(backend, arena, VISION_HIDDEN, VISION_HIDDEN, owned);
      Linear up = weight(backend, arena, INNER, VISION_HIDDEN, owned);
      Linear down = weight(backend, arena, VISION_HIDDEN, INNER, owned);
      OwnedTensor norm = vector(backend, VISION_HIDDEN, owned);
      OwnedTensor projectionBias = vector(backend, 3 * VISION_HIDDEN, owned);
      OwnedTensor bias = vector(backend, VISION_HIDDEN, owned);
      OwnedTensor upBias = vector(backend, INNER, owned);
      try (Forward forward = backend.begin()) {
        Tensor hidden = forward.tensor(ROWS, VISION_HIDDEN);
        forward.upload(new float[ROWS * VISION_HIDDEN], hidden);
        Tensor middle = forward.tensor(ROWS, VISION_HIDDEN);
        KeyValues own = forward.keyValues(VISION_SHAPE, ROWS);
        List<Segment> pictures =
            List.of(
                Segment.computed(own, 0, 8, Segment.ROOT, false),
                Segment.computed(own, 8, 16, Segment.ROOT, false));
        AttentionPlan plan = forward.attention(VISION_SHAPE, pictures);
        Rotary rotary =
            forward.rotary(new RotaryEmbedding(new float[32], new int[32], 1), new int[1][ROWS]);
        Operand normed = forward.operand(ROWS, projections);
        Tensor projected = forward.tensor(ROWS, 3 * VISION_HIDDEN);
        Operand queries = forward.queries(ROWS, VISION_SHAPE);
        Operand attended = forward.operand(ROWS, output);
        Operand inner = forward.operand(ROWS, down);
        before.run();
        forward.layerNorm(hidden, norm, bias, 1e-6f, normed);
        forward.linear(normed, projections, Epilogue.bias(projectionBias), projected);
        forward.queryKeyValues(projected, HeadNorm.NONE, HeadNorm.NONE, rotary, plan, 0, queries);
        forward.attention(queries, plan, 0, attended);
        forward.linear(attended, output, Epilogue.biasAndResidual(bias, hidden), middle);
        forward.layerNorm(middle, norm, bias, 1e-6f, normed);
        forward.linear(normed, up, Epilogue.bias(upBias, Activation.GELU_TANH), inner);
        forward.linear(inner, down, Epilogue.biasAndResidual(bias, middle), hidden);
        float[] _ = forward.read(hidden).await();
      }
    } finally {
      for (AutoCloseable each : owned) {
        close(each);
      }
    }
  }

  private static OwnedTensor vector(AscendBackend backend, int columns, List<AutoCloseable> owned) {
    OwnedTensor vector = backend.upload(new float[columns], 1, columns);
    owned.add(vector);
    return vector;
  }

  private static void close(AutoCloseable each) {
    try {
      each.close();
    } catch (Exception impossible) {
      throw new AssertionError(impossible);
    }
  }

  private static Linear weight(
      AscendBackend backend, Arena arena, int rows, int columns, List<AutoCloseable> owned) {
    Linear weight = backend.prepare(List.of(matrix(arena, rows, columns)), OperandFormat.BF16);
    owned.add(weight);
    return weight;
  }

  private static HostMatrix matrix(Arena arena, int rows, int columns) {
    return new HostMatrix(
        "weight",
        arena.allocate((long) rows * columns * Short.BYTES, 8),
        DType.BF16,
        rows,
        columns);
  }

  /** Calls of operators in a layer, and bytes of their tensors. */
  private record Work(Map<String, Integer> calls, Map<String, Long> bytes) {}

  /** A layer, which runs what it is given before its first operation. */
  private interface Layer {
    void run(AscendBackend backend, Runnable before);
  }

  private Work work(boolean withPrefix) {
    return work((backend, before) -> textLayer(backend, withPrefix, before));
  }

  private Work work(Layer layer) {
    FakeCann machine = npus.machine();
    Map<String, Integer> callsBefore = new TreeMap<>();
    Map<String, Long> bytesBefore = new TreeMap<>();
    try (AscendBackend backend = npus.open(machine)) {
      // Attention's mask is brought there once.
      layer.run(backend, () -> {});
      layer.run(
          backend,
          () -> {
            callsBefore.putAll(operators(machine));
            bytesBefore.putAll(machine.movedBytes());
          });
      Map<String, Integer> calls = operators(machine);
      callsBefore.forEach((operator, count) -> calls.merge(operator, -count, Integer::sum));
      calls.values().removeIf(count -> count == 0);
      Map<String, Long> bytes = new TreeMap<>(machine.movedBytes());
      bytesBefore.forEach((operator, count) -> bytes.merge(operator, -count, Long::sum));
      return new Work(calls, bytes);
    }
  }

  /** Second phases by operator. */
  private static Map<String, Integer> operators(FakeCann machine) {
    Map<String, Integer> operators = new TreeMap<>();
    machine
        .counts()
        .forEach((function, count) -> {
          if (function.startsWith("aclnn") && !function.endsWith("GetWorkspaceSize")) {
            operators.put(function, count);
          }
        });
    return operators;
  }

  @Test
  void aLayerIsTwentyOperators() {
    Work work = work(false);
    System.out.println("operators of a text layer: " + work);
    assertThat(work.calls)
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "aclnnRmsNorm", 4,
                "aclnnRotaryPositionEmbedding", 2,
                "aclnnMm", 4,
                "aclnnSwiGlu", 1,
                "aclnnFusedInferAttentionScoreV3", 1,
                "aclnnAdd", 2,
                // One of them is the test's own, which reads the result.
                "aclnnInplaceCopy", 7));
    assertThat(work.bytes)
        .containsEntry("aclnnSwiGlu", (long) ROWS * 3 * INNER * Short.BYTES)
        // Residual and sum in float32, the product in bfloat16.
        .containsEntry("aclnnAdd", 2L * ROWS * HIDDEN * (2 * Float.BYTES + Short.BYTES))
        // Of queries and keys, in and out, with the cosines and sines of each.
        .containsEntry(
            "aclnnRotaryPositionEmbedding", ROWS * 128L * Float.BYTES * (2 * (2 + 1) + 2 * 2));
  }

  /** Keys and values of a prefix are gathered in front of those that begin with it. */
  @Test
  void aPrefixAddsFour() {
    Map<String, Integer> without = work(false).calls;
    Map<String, Integer> with = work(true).calls;
    without.forEach((operator, count) -> with.merge(operator, -count, Integer::sum));
    with.values().removeIf(count -> count == 0);
    assertThat(with)
        .containsExactlyInAnyOrderEntriesOf(Map.of("aclnnCat", 2, "aclnnIndexSelect", 2));
  }

  @Test
  void aLayerOfTheVisionTower() {
    Work work = work(OperatorCountTest::visionLayer);
    System.out.println("operators of a vision layer: " + work);
    assertThat(work.calls)
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "aclnnLayerNorm", 2,
                "aclnnAddmm", 4,
                "aclnnRotaryPositionEmbedding", 2,
                "aclnnFusedInferAttentionScoreV3", 1,
                "aclnnGeluV2", 1,
                "aclnnAdd", 2,
                // One of them is the test's own, which reads the result.
                "aclnnInplaceCopy", 11));
    assertThat(work.bytes)
        .containsEntry("aclnnGeluV2", 2L * ROWS * INNER * Short.BYTES)
        // Residual and sum in float32, the product in bfloat16.
        .containsEntry("aclnnAdd", 2L * ROWS * VISION_HIDDEN * (2 * Float.BYTES + Short.BYTES));
  }
}
