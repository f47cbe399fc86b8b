package dev.vl4j.testkit;

import dev.vl4j.kernels.AttentionPlan;
import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.Forward;
import dev.vl4j.kernels.HeadNorm;
import dev.vl4j.kernels.KeyValues;
import dev.vl4j.kernels.Operand;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.Rotary;
import dev.vl4j.kernels.RotaryEmbedding;
import dev.vl4j.kernels.Segment;
import dev.vl4j.kernels.Tensor;
import dev.vl4j.testkit.Seeds.Fill;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Norms and rotations of heads.
 *
 * <p>Queries, keys and values are opaque, so attention has to tell what they are: a query attends
 * to a key that is zero but for one element, whose value is 1, and to n keys of zero, whose values
 * are 0. What comes out is {@code e^l / (e^l + n)}, where {@code l} is that element of the query
 * times the key's. Elements of keys are read by such queries. Probes have both signs, since little
 * is seen of {@code l} where the result is nearly 1.
 */
interface HeadContract extends Contract {
  /** The largest logit. */
  float LOGIT = 8;

  /** Elements of a head that are looked at in each of many rows. */
  int PROBES = 16;

  /** Rows that see each other's zeros: a few, since more would tell no more. */
  int TOGETHER = 4;

  /**
   * What is done to heads.
   *
   * @param values [rows, heads * headSize]
   * @param weight of the norm, [headSize], or null for none
   * @param positions [axes][rows], all 0 for no rotation
   * @param probed elements of a head that are looked at: i with a positive probe as 2i, and with a
   *     negative one as 2i + 1
   */
  @SuppressWarnings("ArrayRecordComponent") // handed through, never compared
  record Heads(
      float[] values,
      int rows,
      int heads,
      int headSize,
      float @Nullable [] weight,
      RotaryEmbedding embedding,
      int[][] positions,
      int[] probed) {
    AttentionShape shape(int keyValueHeads) {
      return new AttentionShape(heads, keyValueHeads, headSize, 1, OperandFormat.F32);
    }

    HeadNorm norm(TestForward test) {
      return weight == null ? HeadNorm.NONE : new HeadNorm(test.owned(weight, 1, headSize), 1e-6f);
    }

    /** Angles of the rows, all of them this many times. */
    Rotary rotary(Forward forward, int times) {
      int[][] all = new int[positions.length][rows * times];
      for (int axis = 0; axis < all.length; axis++) {
        for (int i = 0; i < all[axis].length; i++) {
          all[axis][i] = positions[axis][i % rows];
        }
      }
      return forward.rotary(embedding, all);
    }

    /** What makes the largest element a logit of {@link #LOGIT} at most. */
    float probe(int sign) {
      double largest = 0;
      for (int head = 0; head < rows * heads; head++) {
        double squares = 0;
        for (int i = 0; i < headSize; i++) {
          double value = values[head * headSize + i];
          squares += value * value;
        }
        double scale = weight == null ? 1 : 1 / Math.sqrt(squares / headSize + 1e-6);
        for (int i = 0; i < headSize; i++) {
          double factor = weight == null ? 1 : weight[i];
          largest = Math.max(largest, Math.abs(values[head * headSize + i] * scale * factor));
        }
      }
      boolean turns = Arrays.stream(positions).flatMapToInt(Arrays::stream).anyMatch(at -> at != 0);
      double longest = (turns ? Math.sqrt(2) : 1) * embedding.scale() * largest;
      return (sign == 0 ? 1 : -1) * (longest == 0 ? 1 : (float) (LOGIT / longest));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 12, 18, 20, 24, 32, 64, 72, 128})
  default void heads(int headSize) {
    // Each fill meets some numbers of heads and of rows, others in each run.
    int share = Seeds.thorough() ? 1 : headSize > 32 ? 19 : 11;
    int number = seeds().random().nextInt(share);
    for (Fill fill : Fill.values()) {
      for (int heads : new int[] {1, 2, 5}) {
        for (int rows : ROWS) {
          if (number++ % share != 0) {
            continue;
          }
          float[] values = fill.values(seeds(), rows * heads * headSize);
          float[] weight = seeds().values(headSize);
          int axes = seeds().between(1, 3);
          RotaryEmbedding embedding = seeds().rotary(headSize / 2, axes);
          int[][] positions = seeds().positions(axes, rows);
          int[][] still = new int[axes][rows];
          int[] probed = probed(headSize, rows);
          for (Heads each :
              List.of(
                  new Heads(values, rows, heads, headSize, weight, embedding, still, probed),
                  new Heads(values, rows, heads, headSize, null, embedding, positions, probed))) {
            boolean together = seeds().random().nextBoolean();
            twin().compare(test -> queries(test, each, together));
            twin().compare(test -> keys(test, each, !together));
          }
        }
      }
    }
  }

  /** All elements of a head where there are few rows, else some. */
  private int[] probed(int headSize, int rows) {
    return rows <= 2 || 2 * headSize <= PROBES
        ? IntStream.range(0, 2 * headSize).toArray()
        : seeds().random().ints(PROBES, 0, 2 * headSize).toArray();
  }

  private static void queries(TestForward test, Heads heads, boolean together) {
    AttentionShape shape = heads.shape(1);
    int size = heads.headSize();
    KeyValues probes = test.owned(shape, 1, 2 * size);
    try (Forward earlier = test.backend().begin()) {
      float[] signed = {heads.probe(0), heads.probe(1)};
      float[] packed = new float[2 * size * 2 * size];
      for (int i = 0; i < 2 * size; i++) {
        packed[i * 2 * size + i / 2] = signed[i % 2];
        Arrays.fill(packed, i * 2 * size + size, (i + 1) * 2 * size, 1);
      }
      Tensor projected = earlier.tensor(2 * size, 2 * size);
      earlier.upload(packed, projected);
      Segment all = Segment.computed(probes, 0, 2 * size, Segment.ROOT, true).withQueries(0);
      AttentionPlan plan = earlier.attention(shape, List.of(all));
      earlier.keyValues(
          projected, HeadNorm.NONE, TestForward.still(earlier, 2 * size, size), plan, 0);
    }
    Forward forward = test.forward();
    int rows = heads.probed().length * heads.rows();
    KeyValues own = forward.keyValues(shape, rows);
    List<Segment> segments = new ArrayList<>();
    for (int i = 0; i < heads.probed().length; i++) {
      segments.add(new Segment(probes, heads.probed()[i], 1, Segment.ROOT, true, 0, true));
      addChildren(segments, own, i * heads.rows(), heads.rows());
    }
    AttentionPlan plan = forward.attention(shape, segments);
    int columns = heads.heads() * size;
    float[] packed = new float[rows * (columns + 2 * size)];
    for (int row = 0; row < rows; row++) {
      System.arraycopy(
          heads.values(),
          row % heads.rows() * columns,
          packed,
          row * (columns + 2 * size),
          columns);
    }
    Tensor projected = test.tensor(packed, rows, columns + 2 * size);
    Operand queries = forward.queries(rows, shape);
    Rotary rotary = heads.rotary(forward, heads.probed().length);
    if (together) {
      forward.queryKeyValues(projected, heads.norm(test), HeadNorm.NONE, rotary, plan, 0, queries);
    } else {
      Tensor query = projected.columns(0, columns);
      Tensor keyValue = projected.columns(columns, columns + 2 * size);
      forward.queries(query, heads.norm(test), rotary, shape, queries);
      forward.keyValues(keyValue, HeadNorm.NONE, rotary, plan, 0);
    }
    attend(test, queries, plan, "query heads, together " + together);
  }

  private static void keys(TestForward test, Heads heads, boolean together) {
    AttentionShape shape = heads.shape(heads.heads());
    int size = heads.headSize();
    int columns = heads.heads() * size;
    KeyValues stored = test.owned(shape, 1, heads.rows());
    Forward forward = test.forward();
    try (Forward earlier = test.backend().begin()) {
      float[] packed = new float[heads.rows() * 3 * columns];
      for (int row = 0; row < heads.rows(); row++) {
        System.arraycopy(heads.values(), row * columns, packed, (3 * row + 1) * columns, columns);
        Arrays.fill(packed, (3 * row + 2) * columns, (3 * row + 3) * columns, 1);
      }
      Tensor projected = earlier.tensor(heads.rows(), 3 * columns);
      earlier.upload(packed, projected);
      Rotary rotary = heads.rotary(earlier, 1);
      Segment all = Segment.computed(stored, 0, heads.rows(), Segment.ROOT, true);
      if (together) {
        AttentionPlan plan = earlier.attention(shape, List.of(all));
        Operand queries = earlier.queries(heads.rows(), shape);
        earlier.queryKeyValues(
            projected, HeadNorm.NONE, heads.norm(test), rotary, plan, 0, queries);
      } else {
        AttentionPlan plan = earlier.attention(shape, List.of(all.withQueries(0)));
        Tensor keyValue = projected.columns(columns, 3 * columns);
        earlier.keyValues(keyValue, heads.norm(test), rotary, plan, 0);
      }
    }
    int count = heads.probed().length;
    int rows = count * heads.rows();
    KeyValues own = forward.keyValues(shape, rows);
    List<Segment> segments = new ArrayList<>();
    for (int row = 0; row < heads.rows(); row++) {
      segments.add(new Segment(stored, row, 1, Segment.ROOT, true, 0, true));
      addChildren(segments, own, row * count, count);
    }
    AttentionPlan plan = forward.attention(shape, segments);
    float[] signed = {heads.probe(0), heads.probe(1)};
    float[] packed = new float[rows * 3 * columns];
    for (int row = 0; row < rows; row++) {
      for (int head = 0; head < heads.heads(); head++) {
        int probe = heads.probed()[row % count];
        packed[row * 3 * columns + head * size + probe / 2] = signed[probe % 2];
      }
    }
    Tensor projected = test.tensor(packed, rows, 3 * columns);
    Operand queries = forward.queries(rows, shape);
    forward.queryKeyValues(
        projected,
        HeadNorm.NONE,
        HeadNorm.NONE,
        TestForward.still(forward, rows, size),
        plan,
        0,
        queries);
    attend(test, queries, plan, "key heads, together " + together);
  }

  /** Computed rows that attend to the last segment, a few of them together. */
  private static void addChildren(
      List<Segment> segments, KeyValues keyValues, int start, int rows) {
    int parent = segments.size() - 1;
    for (int from = 0; from < rows; from += TOGETHER) {
      int length = Math.min(TOGETHER, rows - from);
      segments.add(
          Segment.computed(keyValues, start + from, length, parent, segments.size() % 2 == 1));
    }
  }

  /**
   * An element may be off by 2e-6 of itself after a norm, and by 3e-7 of the largest after a
   * rotation. So may the logit, and what comes out by as much of itself and of what is left to 1;
   * attention adds the errors of float32.
   */
  private static void attend(TestForward test, Operand queries, AttentionPlan plan, String what) {
    Tensor out = test.empty(plan.queries(), queries.columns());
    test.forward().attention(queries, plan, 0, out);
    test.result(
        "heads",
        what,
        out,
        (row, column, want) -> {
          double left = Math.max(0, 1 - want);
          double logit = Math.min(LOGIT, Math.abs(Math.log(want / left)) + Math.log(TOGETHER));
          return want * (left * (2e-6 * logit + 3e-7 * LOGIT) + 1e-6) + 1e-12;
        });
  }
}
