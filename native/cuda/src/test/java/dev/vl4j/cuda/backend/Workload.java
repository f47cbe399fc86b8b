package dev.vl4j.cuda.backend;

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
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.OwnedTensor;
import dev.vl4j.kernels.Readback;
import dev.vl4j.kernels.Rotary;
import dev.vl4j.kernels.RowTable;
import dev.vl4j.kernels.Segment;
import dev.vl4j.kernels.Tensor;
import dev.vl4j.testkit.Seeds;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A small model with everything that a forward does, and cached runs that it reads. */
final class Workload implements AutoCloseable {
  private static final int HIDDEN = 64;
  private static final int HEAD = 64;

  /** No multiple of 8, so that operands are padded. */
  private static final int PADDED = 44;

  /** As models have it: nothing is filled between the launches of a forward. */
  static final int WHOLE = 48;

  private static final int ROWS = 21;
  private static final int RUN_ROWS = 3;
  private static final AttentionShape SHAPE =
      new AttentionShape(2, 1, HEAD, 0.125f, OperandFormat.BF16);

  private final Backend backend;
  private final Seeds seeds = new Seeds("workload");
  private final List<AutoCloseable> handles = new ArrayList<>();
  private final int layers;
  private final RowTable table;
  private final OwnedTensor norm;
  private final OwnedTensor headNorm;
  private final OwnedTensor bias;
  private final Linear input;
  private final Linear output;
  private final Linear gated;
  private final Linear down;
  private final List<KeyValues> runs = new ArrayList<>();
  private final List<KeyValues> made = new ArrayList<>();
  private final float[] picture = seeds.values(ROWS * HIDDEN);
  private final byte[] samples = new byte[ROWS * HIDDEN];

  /** With two layers and two cached runs. */
  Workload(Backend backend) {
    this(backend, 2, 2);
  }

  Workload(Backend backend, int layers, int cached) {
    this(backend, layers, cached, PADDED);
  }

  /**
   * Brings the model to the device, and computes its cached runs.
   *
   * @param cached how many there are
   * @param inner columns between the products of a layer
   */
  Workload(Backend backend, int layers, int cached, int inner) {
    this.backend = backend;
    this.layers = layers;
    seeds.random().nextBytes(samples);
    try {
      table = kept(backend.table(matrix(DType.BF16, 30, HIDDEN)));
      norm = kept(backend.upload(seeds.values(HIDDEN), 1, HIDDEN));
      headNorm = kept(backend.upload(seeds.values(HEAD), 1, HEAD));
      bias = kept(backend.upload(sixteenths(HIDDEN), 1, HIDDEN));
      input =
          kept(
              backend.prepare(
                  List.of(
                      matrix(DType.BF16, 2 * HEAD, HIDDEN),
                      matrix(DType.F32, HEAD, HIDDEN),
                      matrix(DType.F16, HEAD, HIDDEN)),
                  OperandFormat.BF16));
      output =
          kept(backend.prepare(List.of(matrix(DType.BF16, HIDDEN, 2 * HEAD)), OperandFormat.BF16));
      gated =
          kept(
              backend.prepareGated(
                  matrix(DType.BF16, inner, HIDDEN),
                  matrix(DType.I8, inner, HIDDEN),
                  OperandFormat.BF16));
      down = kept(backend.prepare(List.of(matrix(DType.F32, HIDDEN, inner)), OperandFormat.BF16));
      for (int i = 0; i < cached; i++) {
        runs.add(kept(backend.keyValues(SHAPE, layers, RUN_ROWS)));
      }
      fillRuns();
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  private <T extends AutoCloseable> T kept(T handle) {
    handles.add(handle);
    return handle;
  }

  private HostMatrix matrix(DType dtype, int rows, int columns) {
    return Seeds.matrix("weight", seeds.values(rows * columns), dtype, rows, columns);
  }

  /** Values that bfloat16 has. */
  private float[] sixteenths(int count) {
    float[] values = seeds.values(count);
    for (int i = 0; i < count; i++) {
      values[i] = Math.round(16 * values[i]) / 16f;
    }
    return values;
  }

  private void fillRuns() {
    try (Forward forward = backend.begin()) {
      for (KeyValues run : runs) {
        Segment segment = Segment.computed(run, 0, RUN_ROWS, Segment.ROOT, true).withQueries(0);
        AttentionPlan plan = forward.attention(SHAPE, List.of(segment));
        Rotary rotary = forward.rotary(seeds.rotary(HEAD / 2, 2), seeds.positions(2, RUN_ROWS));
        for (int layer = 0; layer < layers; layer++) {
          Tensor projected = forward.tensor(RUN_ROWS, 2 * HEAD);
          forward.upload(seeds.values(RUN_ROWS * 2 * HEAD), projected);
          forward.keyValues(projected, new HeadNorm(headNorm, 1e-6f), rotary, plan, layer);
        }
      }
    }
  }

  /** One forward, the same each time. */
  float[] run() {
    try (Forward forward = backend.begin()) {
      return enqueue(forward).await();
    }
  }

  Readback enqueue(Forward forward) {
    Seeds own = new Seeds("forward");
    Tensor hidden = forward.tensor(ROWS, HIDDEN);
    int[] ids = own.random().ints(ROWS, 0, 30).toArray();
    forward.gather(table, forward.indices(ids), hidden);
    addPicture(forward, own, hidden);
    Rotary rotary = forward.rotary(own.rotary(HEAD / 2, 2), own.positions(2, ROWS));
    KeyValues first = forward.keyValues(SHAPE, 8);
    AttentionPlan plan = forward.attention(SHAPE, segments(forward, first));
    Operand queries = forward.queries(ROWS, SHAPE);
    Tensor projected = forward.tensor(ROWS, 4 * HEAD);
    HeadNorm heads = new HeadNorm(headNorm, 1e-6f);
    for (int layer = 0; layer < layers; layer++) {
      Operand normed = forward.operand(ROWS, input);
      forward.rmsNorm(hidden, norm, 1e-6f, normed);
      forward.linear(normed, input, Epilogue.NONE, projected);
      forward.queryKeyValues(projected, heads, heads, rotary, plan, layer, queries);
      Operand attended = forward.operand(ROWS, output);
      forward.attention(queries, plan, layer, attended);
      Tensor middle = forward.tensor(ROWS, HIDDEN);
      forward.linear(attended, output, Epilogue.biasAndResidual(bias, hidden), middle);
      Operand product = forward.operand(ROWS, down);
      forward.layerNorm(middle, norm, bias, 1e-6f, normed);
      forward.linear(normed, gated, Epilogue.NONE, product);
      forward.linear(product, down, Epilogue.bias(bias, Activation.GELU_ERF), hidden);
      forward.add(middle, hidden);
    }
    return forward.read(hidden);
  }

  /** A picture's values, its samples, and an interpolated embedding. */
  private void addPicture(Forward forward, Seeds own, Tensor hidden) {
    Tensor more = forward.tensor(ROWS, HIDDEN);
    forward.upload(picture, more);
    forward.add(more, hidden);
    forward.upload(samples, new float[][] {own.values(256)}, more);
    forward.add(more, hidden);
    int[] taps = new int[2 * ROWS];
    Arrays.setAll(taps, i -> i % 30);
    float[] weights = new float[2 * ROWS];
    Arrays.fill(weights, 0.5f);
    forward.addInterpolated(table, forward.indices(taps), weights, 2, hidden);
    // Between views whose rows lie apart.
    forward.copy(more.columns(1, 4), hidden.columns(60, 63));
  }

  /** All cached runs, one behind another, and branches of their end. */
  private List<Segment> segments(Forward forward, KeyValues first) {
    List<Segment> segments = new ArrayList<>();
    for (KeyValues run : runs) {
      segments.add(Segment.stored(run, segments.size() - 1));
    }
    int parent = segments.size() - 1;
    KeyValues rest = backend.keyValues(SHAPE, layers, ROWS - 8);
    made.add(rest);
    segments.add(Segment.computed(first, 0, 8, parent, true));
    segments.add(Segment.computed(rest, 0, 6, parent, true));
    segments.add(Segment.computed(rest, 6, ROWS - 14, parent + 1, false));
    if (!runs.isEmpty()) {
      KeyValues part = backend.keyValues(SHAPE, layers, 2);
      made.add(part);
      forward.copy(runs.getFirst(), 1, part);
    }
    return segments;
  }

  /** Closes what forwards have left for later ones. */
  void closeRuns() {
    made.forEach(KeyValues::close);
    made.clear();
  }

  /** Closes everything that is on the device. */
  @Override
  public void close() {
    closeRuns();
    for (AutoCloseable handle : handles) {
      try {
        handle.close();
      } catch (RuntimeException e) {
        throw e;
      } catch (Exception e) {
        throw new AssertionError(e);
      }
    }
    handles.clear();
  }
}
