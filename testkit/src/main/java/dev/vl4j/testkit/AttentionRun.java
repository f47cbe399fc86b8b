package dev.vl4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.kernels.AttentionPlan;
import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.Forward;
import dev.vl4j.kernels.HeadNorm;
import dev.vl4j.kernels.KeyValues;
import dev.vl4j.kernels.Operand;
import dev.vl4j.kernels.Rotary;
import dev.vl4j.kernels.RotaryEmbedding;
import dev.vl4j.kernels.Segment;
import dev.vl4j.kernels.Tensor;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Attention over a forest in several layers, as a model runs it: an earlier forward computes what
 * is stored, and this one the rest, with one plan.
 *
 * @param layers for each layer, queries, keys and values side by side, for all rows of the forest:
 *     [rows, (heads + 2 * keyValueHeads) * headSize]
 * @param turning norms and rotation, or null for neither
 * @param together whether one operation takes queries, keys and values, where all rows attend
 */
@SuppressWarnings("ArrayRecordComponent") // handed through, never compared
public record AttentionRun(
    AttentionShape shape,
    Forest forest,
    List<float[]> layers,
    @Nullable Turning turning,
    boolean together) {
  /** Rows before those that are cut from a longer run. */
  private static final int CUT = 2;

  /**
   * What happens to heads before they meet.
   *
   * @param queryNorm [headSize], or null
   * @param keyNorm [headSize], or null
   * @param positions [axes][rows of the forest]
   */
  @SuppressWarnings("ArrayRecordComponent") // handed through, never compared
  public record Turning(
      float @Nullable [] queryNorm,
      float @Nullable [] keyNorm,
      RotaryEmbedding embedding,
      int[][] positions) {
    private static HeadNorm norm(TestForward test, float @Nullable [] weight) {
      return weight == null
          ? HeadNorm.NONE
          : new HeadNorm(test.owned(weight, 1, weight.length), 1e-6f);
    }
  }

  /** Attention itself, of one layer. */
  public interface Attend {
    /** Computes what becomes of the queries. */
    void attend(Operand queries, AttentionPlan plan, int layer);
  }

  /** Of heads that are neither normed nor rotated. */
  public AttentionRun(AttentionShape shape, Forest forest, List<float[]> layers) {
    this(shape, forest, layers, null, forest.allAttend());
  }

  /** Reads what comes out of each layer. */
  public void run(TestForward test, TestForward.Tolerance tolerance) {
    compute(
        test,
        (queries, plan, layer) -> {
          Tensor out = test.empty(plan.queries(), queries.columns());
          test.forward().attention(queries, plan, layer, out);
          test.result(
              "attention",
              "attention %s %s, layer %d".formatted(shape, forest, layer),
              out,
              tolerance);
        });
  }

  /** Computes queries, keys and values of each layer, and lets them attend. */
  public void compute(TestForward test, Attend attend) {
    Map<Integer, KeyValues> places = places(test);
    computeStored(test, places);
    Forward forward = test.forward();
    int[] rows = forest.rows(false);
    AttentionPlan plan = forward.attention(shape, forest.segments(places));
    assertThat(plan.shape()).isEqualTo(shape);
    assertThat(plan.rows()).isEqualTo(rows.length);
    assertThat(plan.queries()).isEqualTo(forest.queries());
    for (int layer = 0; layer < layers.size(); layer++) {
      Operand queries = forward.queries(plan.queries(), shape);
      HeadNorm queryNorm = turning == null ? HeadNorm.NONE : Turning.norm(test, turning.queryNorm);
      HeadNorm keyNorm = turning == null ? HeadNorm.NONE : Turning.norm(test, turning.keyNorm);
      if (together) {
        forward.queryKeyValues(
            projected(test, layer, rows, 0, width()),
            queryNorm,
            keyNorm,
            rotary(test, rows),
            plan,
            layer,
            queries);
      } else {
        int[] queryRows = forest.queryRows();
        forward.queries(
            projected(test, layer, queryRows, 0, queryColumns()),
            queryNorm,
            rotary(test, queryRows),
            shape,
            queries);
        forward.keyValues(
            projected(test, layer, rows, queryColumns(), width()),
            keyNorm,
            rotary(test, rows),
            plan,
            layer);
      }
      attend.attend(queries, plan, layer);
    }
  }

  /** What is stored outlives forwards, and so does a part of what is not, as in a model. */
  private Map<Integer, KeyValues> places(TestForward test) {
    Map<Integer, KeyValues> places = new TreeMap<>();
    forest
        .places()
        .forEach((place, rows) ->
            places.put(
                place,
                forest.isStored(place) || place % 2 == 1
                    ? test.owned(shape, layers.size(), rows)
                    : test.forward().keyValues(shape, rows)));
    return places;
  }

  /** Computes stored segments where they lie, or cuts them from a longer run. */
  private void computeStored(TestForward test, Map<Integer, KeyValues> places) {
    int[] rows = forest.rows(true);
    if (rows.length == 0) {
      return;
    }
    IdentityHashMap<KeyValues, KeyValues> longer = new IdentityHashMap<>();
    places.forEach((place, keyValues) -> {
      if (forest.isStored(place) && place % 2 == 1) {
        int all = CUT + keyValues.rows() + 1;
        longer.put(keyValues, test.backend().keyValues(shape, layers.size(), all));
      }
    });
    try (Forward forward = test.backend().begin()) {
      List<Segment> segments =
          forest.earlier(places).stream().map(s -> longer(s, longer.get(s.keyValues()))).toList();
      AttentionPlan plan = forward.attention(shape, segments);
      for (int layer = 0; layer < layers.size(); layer++) {
        int columns = width() - queryColumns();
        Tensor projected = forward.tensor(rows.length, columns);
        forward.upload(pick(layer, rows, queryColumns(), width()), projected);
        HeadNorm norm = turning == null ? HeadNorm.NONE : Turning.norm(test, turning.keyNorm);
        forward.keyValues(projected, norm, rotary(forward, rows), plan, layer);
      }
      longer.forEach((cut, run) -> forward.copy(run, CUT, cut));
      // What is enqueued still has them.
      longer.values().forEach(KeyValues::close);
    }
  }

  /** The segment in a run from which it is cut later, if there is one. */
  private static Segment longer(Segment segment, @Nullable KeyValues run) {
    return run == null
        ? segment
        : Segment.computed(
                run, segment.start() + CUT, segment.length(), segment.parent(), segment.causal())
            .withQueries(0);
  }

  private int queryColumns() {
    return shape.heads() * shape.headSize();
  }

  private int width() {
    return (shape.heads() + 2 * shape.keyValueHeads()) * shape.headSize();
  }

  private Tensor projected(TestForward test, int layer, int[] rows, int from, int to) {
    return test.tensor(pick(layer, rows, from, to), rows.length, to - from);
  }

  private float[] pick(int layer, int[] rows, int from, int to) {
    float[] picked = new float[rows.length * (to - from)];
    for (int i = 0; i < rows.length; i++) {
      System.arraycopy(
          layers.get(layer), rows[i] * width() + from, picked, i * (to - from), to - from);
    }
    return picked;
  }

  private Rotary rotary(TestForward test, int[] rows) {
    return rotary(test.forward(), rows);
  }

  private Rotary rotary(Forward forward, int[] rows) {
    if (turning == null) {
      return TestForward.still(forward, rows.length, shape.headSize());
    }
    int[][] positions = new int[turning.positions.length][rows.length];
    for (int axis = 0; axis < positions.length; axis++) {
      for (int i = 0; i < rows.length; i++) {
        positions[axis][i] = turning.positions[axis][rows[i]];
      }
    }
    return forward.rotary(turning.embedding, positions);
  }
}
