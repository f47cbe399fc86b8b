package dev.vl4j.ascend.backend;

import dev.vl4j.kernels.Activation;
import dev.vl4j.kernels.AttentionPlan;
import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.DType;
import dev.vl4j.kernels.Epilogue;
import dev.vl4j.kernels.Forward;
import dev.vl4j.kernels.HeadNorm;
import dev.vl4j.kernels.HostMatrix;
import dev.vl4j.kernels.KeyValues;
import dev.vl4j.kernels.Linear;
import dev.vl4j.kernels.Operand;
import dev.vl4j.kernels.OwnedTensor;
import dev.vl4j.kernels.Rotary;
import dev.vl4j.kernels.RotaryEmbedding;
import dev.vl4j.kernels.RowTable;
import dev.vl4j.kernels.Segment;
import dev.vl4j.kernels.Tensor;
import dev.vl4j.testkit.Seeds;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What both towers of a model compute, once each, with random weights: a backend gives the same for
 * the same seeds as another.
 */
final class SmallForward implements AutoCloseable {
  private static final int ROWS = 23;
  private static final int FIRST = 9;
  private static final int PREFIX = 5;
  private static final int HIDDEN = 37;
  private static final int INNER = 29;
  private static final int TABLE = 11;
  private static final int TAPS = 4;
  private static final float EPSILON = 1e-6f;

  private final Backend backend;
  private final AttentionShape shape;
  private final Seeds seeds;
  private final Deque<AutoCloseable> owned = new ArrayDeque<>();
  private final RotaryEmbedding embedding;

  SmallForward(Backend backend, AttentionShape shape, Seeds seeds) {
    this.backend = backend;
    this.shape = shape;
    this.seeds = seeds;
    embedding = seeds.rotary(shape.headSize() / 2, 3);
  }

  private <T extends AutoCloseable> T owned(T part) {
    owned.push(part);
    return part;
  }

  private OwnedTensor vector(int columns) {
    return owned(backend.upload(seeds.values(columns), 1, columns));
  }

  private HostMatrix matrix(int rows, int columns) {
    return Seeds.matrix("weight", seeds.values(rows * columns), DType.BF16, rows, columns);
  }

  private Linear weight(int rows, int columns) {
    return owned(backend.prepare(List.of(matrix(rows, columns)), shape.operands()));
  }

  private int[] numbers(int count, int below) {
    return IntStream.range(0, count).map(_ -> seeds.between(0, below - 1)).toArray();
  }

  /**
   * Computes.
   *
   * @param causal whether rows see those before them and a stored prefix, or all of their sequence
   * @return the residual stream after each part
   */
  List<float[]> compute(boolean causal) {
    List<float[]> results = new ArrayList<>();
    KeyValues prefix = owned(backend.keyValues(shape, 1, PREFIX));
    HeadNorm norm = new HeadNorm(vector(shape.headSize()), EPSILON);
    store(prefix, norm);
    try (Forward forward = backend.begin()) {
      Tensor x = embed(forward);
      results.add(forward.read(x).await());
      Tensor y = block(forward, x);
      results.add(forward.read(y).await());
      Tensor z = attention(forward, y, norm, causal ? prefix : null);
      results.add(forward.read(z).await());
      Tensor last = gated(forward, z);
      results.add(forward.read(last).await());
      Tensor some = forward.tensor(FIRST, HIDDEN);
      forward.gather(last, forward.indices(numbers(FIRST, ROWS)), some);
      forward.add(some, some);
      results.add(forward.read(some).await());
    }
    return results;
  }

  /** Keys and values of a prefix, in a forward of their own. */
  private void store(KeyValues prefix, HeadNorm norm) {
    try (Forward forward = backend.begin()) {
      int columns = 2 * shape.keyValueHeads() * shape.headSize();
      Tensor projected = forward.tensor(PREFIX, columns);
      forward.upload(seeds.values(PREFIX * columns), projected);
      AttentionPlan plan =
          forward.attention(
              shape,
              List.of(Segment.computed(prefix, 0, PREFIX, Segment.ROOT, true).withQueries(0)));
      Rotary rotary = forward.rotary(embedding, seeds.positions(3, PREFIX));
      forward.keyValues(projected, norm, rotary, plan, 0);
    }
  }

  private Tensor embed(Forward forward) {
    RowTable table = owned(backend.table(matrix(TABLE, HIDDEN)));
    Tensor x = forward.tensor(ROWS, HIDDEN);
    forward.gather(table, forward.indices(numbers(ROWS, TABLE)), x);
    forward.addInterpolated(
        table, forward.indices(numbers(ROWS * TAPS, TABLE)), seeds.values(ROWS * TAPS), TAPS, x);
    return x;
  }

  /** Layer norm, a layer with a bias and a GELU, and one with a bias and the residual. */
  private Tensor block(Forward forward, Tensor x) {
    Linear up = weight(INNER, HIDDEN);
    Linear down = weight(HIDDEN, INNER);
    Operand normed = forward.operand(ROWS, up);
    forward.layerNorm(x, vector(HIDDEN), vector(HIDDEN), EPSILON, normed);
    Operand inner = forward.operand(ROWS, down);
    forward.linear(normed, up, Epilogue.bias(vector(INNER), Activation.GELU_TANH), inner);
    Tensor out = forward.tensor(ROWS, HIDDEN);
    forward.linear(inner, down, Epilogue.biasAndResidual(vector(HIDDEN), x), out);
    return out;
  }

  private Tensor attention(Forward forward, Tensor x, HeadNorm norm, @Nullable KeyValues prefix) {
    int size = shape.headSize();
    int columns = (shape.heads() + 2 * shape.keyValueHeads()) * size;
    Linear projections = weight(columns, HIDDEN);
    Linear output = weight(HIDDEN, shape.heads() * size);
    KeyValues own = forward.keyValues(shape, ROWS);
    List<Segment> segments = new ArrayList<>();
    if (prefix != null) {
      segments.add(Segment.stored(prefix, Segment.ROOT));
    }
    int parent = prefix == null ? Segment.ROOT : 0;
    segments.add(Segment.computed(own, 0, FIRST, parent, prefix != null));
    segments.add(Segment.computed(own, FIRST, ROWS - FIRST, parent, prefix != null));
    AttentionPlan plan = forward.attention(shape, segments);
    Operand normed = forward.operand(ROWS, projections);
    forward.rmsNorm(x, vector(HIDDEN), EPSILON, normed);
    Tensor projected = forward.tensor(ROWS, columns);
    forward.linear(normed, projections, Epilogue.NONE, projected);
    Operand queries = forward.queries(ROWS, shape);
    Rotary rotary = forward.rotary(embedding, seeds.positions(3, ROWS));
    forward.queryKeyValues(projected, norm, norm, rotary, plan, 0, queries);
    Operand attended = forward.operand(ROWS, output);
    forward.attention(queries, plan, 0, attended);
    Tensor out = forward.tensor(ROWS, HIDDEN);
    forward.linear(attended, output, Epilogue.residual(x), out);
    return out;
  }

  private Tensor gated(Forward forward, Tensor x) {
    Linear gate =
        owned(backend.prepareGated(matrix(INNER, HIDDEN), matrix(INNER, HIDDEN), shape.operands()));
    Linear down = weight(HIDDEN, INNER);
    Operand normed = forward.operand(ROWS, gate);
    forward.rmsNorm(x, vector(HIDDEN), EPSILON, normed);
    Operand inner = forward.operand(ROWS, down);
    forward.linear(normed, gate, Epilogue.NONE, inner);
    Tensor out = forward.tensor(ROWS, HIDDEN);
    forward.linear(inner, down, Epilogue.residual(x), out);
    return out;
  }

  @Override
  public void close() {
    while (!owned.isEmpty()) {
      try {
        owned.pop().close();
      } catch (Exception impossible) {
        throw new AssertionError(impossible);
      }
    }
  }
}
