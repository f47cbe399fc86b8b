package dev.vl4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.Forward;
import dev.vl4j.kernels.HostMatrix;
import dev.vl4j.kernels.KeyValues;
import dev.vl4j.kernels.Linear;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.OwnedTensor;
import dev.vl4j.kernels.Readback;
import dev.vl4j.kernels.Rotary;
import dev.vl4j.kernels.RotaryEmbedding;
import dev.vl4j.kernels.RowTable;
import dev.vl4j.kernels.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/**
 * A forward of one backend, with what a test needs beside it: operands from values, and results
 * that are read at the end. All of it is closed with the forward.
 *
 * <p>Tensors are views with gaps before and after each row, so that every operation meets row
 * strides. What is written there is found at the end.
 */
public final class TestForward {
  private static final int BEFORE = 3;
  private static final int AFTER = 2;
  private static final float GAP = 7;

  /** How far an element of a result may be off. */
  public interface Tolerance {
    /** Nothing may be off. */
    Tolerance EXACT = (row, column, want) -> 0;

    /**
     * The largest allowed difference.
     *
     * @param want what the reference has there
     */
    double at(int row, int column, double want);
  }

  /**
   * What a program has computed.
   *
   * @param operation that is under test
   * @param what is computed, for messages
   * @param columns of a row of the values
   */
  @SuppressWarnings("ArrayRecordComponent") // compared by elements
  record Result(String operation, String what, int columns, float[] values, Tolerance tolerance) {}

  private record Pending(
      String operation, String what, int columns, Readback values, Tolerance tolerance) {}

  /** A tensor with gaps. */
  private record Gapped(Tensor whole, int columns) {}

  private final Backend backend;
  private final Forward forward;
  private final List<Runnable> closes = new ArrayList<>();
  private final List<Pending> pending = new ArrayList<>();
  private final List<Gapped> gapped = new ArrayList<>();

  private TestForward(Backend backend) {
    this.backend = backend;
    this.forward = backend.begin();
  }

  /** Runs a program in a forward of its own. */
  static List<Result> run(Backend backend, Consumer<TestForward> program) {
    TestForward test = new TestForward(backend);
    try {
      program.accept(test);
      test.checkGaps();
      return test.pending.stream()
          .map(p -> new Result(p.operation, p.what, p.columns, p.values.await(), p.tolerance))
          .toList();
    } finally {
      test.forward.close();
      test.closes.reversed().forEach(Runnable::run);
    }
  }

  /** The values of all results of a program, one after another. */
  public static List<float[]> values(Backend backend, Consumer<TestForward> program) {
    return run(backend, program).stream().map(Result::values).toList();
  }

  /** The backend that runs the program. */
  public Backend backend() {
    return backend;
  }

  /** The forward that computes. */
  public Forward forward() {
    return forward;
  }

  /** A tensor of these values, row-major, with gaps. */
  public Tensor tensor(float[] values, int rows, int columns) {
    int width = BEFORE + columns + AFTER;
    float[] all = new float[rows * width];
    Arrays.fill(all, GAP);
    for (int row = 0; row < rows; row++) {
      System.arraycopy(values, row * columns, all, row * width + BEFORE, columns);
    }
    Tensor whole = dense(all, rows, width);
    gapped.add(new Gapped(whole, columns));
    return whole.columns(BEFORE, BEFORE + columns);
  }

  /** A tensor with gaps for a result, full of NaN. */
  public Tensor empty(int rows, int columns) {
    float[] values = new float[rows * columns];
    Arrays.fill(values, Float.NaN);
    return tensor(values, rows, columns);
  }

  /** A tensor of these values, row-major, without gaps. */
  public Tensor dense(float[] values, int rows, int columns) {
    Tensor tensor = forward.tensor(rows, columns);
    forward.upload(values, tensor);
    return tensor;
  }

  /** A prepared weight. */
  public Linear prepare(List<HostMatrix> parts, OperandFormat format) {
    Linear linear = backend.prepare(parts, format);
    closes.add(linear::close);
    return linear;
  }

  /** A prepared gated weight. */
  public Linear prepareGated(HostMatrix gate, HostMatrix up, OperandFormat format) {
    Linear linear = backend.prepareGated(gate, up, format);
    closes.add(linear::close);
    return linear;
  }

  /** A table for row look-ups. */
  public RowTable table(HostMatrix matrix) {
    RowTable table = backend.table(matrix);
    closes.add(table::close);
    return table;
  }

  /** A tensor that outlives forwards. */
  public OwnedTensor owned(float[] values, int rows, int columns) {
    OwnedTensor tensor = backend.upload(values, rows, columns);
    closes.add(tensor::close);
    return tensor;
  }

  /** Keys and values that outlive forwards. */
  public KeyValues owned(AttentionShape shape, int layers, int rows) {
    KeyValues keyValues = backend.keyValues(shape, layers, rows);
    closes.add(keyValues::close);
    return keyValues;
  }

  /** A rotary that turns nothing, in no bit. */
  public static Rotary still(Forward forward, int rows, int headSize) {
    return forward.rotary(
        new RotaryEmbedding(new float[headSize / 2], new int[headSize / 2], 1), new int[1][rows]);
  }

  /**
   * Reads a result, as it is now.
   *
   * @param operation that is under test
   * @param what is computed, for messages
   */
  public void result(String operation, String what, Tensor tensor, Tolerance tolerance) {
    pending.add(new Pending(operation, what, tensor.columns(), forward.read(tensor), tolerance));
  }

  /** Whatever lies beside a tensor must be what was there. */
  private void checkGaps() {
    for (Gapped tensor : gapped) {
      float[] all = forward.read(tensor.whole).await();
      int width = tensor.whole.columns();
      for (int i = 0; i < all.length; i++) {
        int column = i % width;
        boolean gap = column < BEFORE || column >= BEFORE + tensor.columns;
        // Compared before a message is made, since there are very many.
        if (gap && all[i] != GAP) {
          assertThat(all[i])
              .as("row %d, beside a tensor of %d columns", i / width, tensor.columns)
              .isEqualTo(GAP);
        }
      }
    }
  }
}
