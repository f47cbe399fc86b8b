package dev.vl4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.vl4j.kernels.AttentionPlan;
import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.DType;
import dev.vl4j.kernels.DeviceMemory;
import dev.vl4j.kernels.Epilogue;
import dev.vl4j.kernels.Forward;
import dev.vl4j.kernels.HeadNorm;
import dev.vl4j.kernels.HostMatrix;
import dev.vl4j.kernels.Indices;
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
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** Who owns memory, and for how long. */
interface MemoryContract extends Contract {
  AttentionShape SHAPE = new AttentionShape(2, 1, 12, 0.3f, OperandFormat.F32);

  /** Bytes that are held once everything is done that was enqueued. */
  private long held() {
    try (Forward forward = backend().begin()) {
      Tensor tensor = forward.tensor(1, 1);
      forward.upload(new float[1], tensor);
      float[] _ = forward.read(tensor).await();
      return backend().memory().held();
    }
  }

  private HostMatrix matrix(int rows, int columns) {
    return Seeds.matrix("weight", seeds().values(rows * columns), DType.BF16, rows, columns);
  }

  @Test
  default void memoryIsReported() {
    DeviceMemory memory = backend().memory();
    assertThat(memory.total()).isPositive();
    assertThat(memory.free()).isBetween(0L, memory.total());
    assertThat(memory.held()).isNotNegative();
  }

  @Test
  default void everyHandleGivesItsMemoryBack() {
    HostMatrix matrix = matrix(33, 65);
    List<Supplier<AutoCloseable>> handles = new ArrayList<>();
    handles.add(() -> counted(backend().tensor(33, 65), 4 * 33 * 65));
    handles.add(() -> counted(backend().upload(seeds().values(33 * 65), 33, 65), 4 * 33 * 65));
    handles.add(() -> counted(backend().keyValues(SHAPE, 3, 17)));
    handles.add(() -> counted(backend().table(matrix)));
    for (OperandFormat format : linearFormats()) {
      handles.add(() -> counted(backend().prepare(List.of(matrix, matrix), format)));
      handles.add(() -> counted(backend().prepareGated(matrix, matrix, format)));
    }
    for (Supplier<AutoCloseable> each : handles) {
      long before = held();
      AutoCloseable handle = each.get();
      AutoCloseable other = each.get();
      long one = (held() - before) / 2;
      close(handle);
      close(handle);
      assertThat(held()).as("closed twice: %s", handle).isEqualTo(before + one);
      close(other);
      assertThat(held()).as("closed: %s", handle).isEqualTo(before);
    }
  }

  private static void close(AutoCloseable handle) {
    try {
      handle.close();
    } catch (Exception e) {
      throw new AssertionError("close of " + handle, e);
    }
  }

  private AutoCloseable counted(OwnedTensor tensor, long least) {
    assertThat(tensor.bytes()).isGreaterThanOrEqualTo(least);
    assertThat(backend().memory().held()).isGreaterThanOrEqualTo(tensor.bytes());
    return tensor;
  }

  private AutoCloseable counted(KeyValues keyValues) {
    assertThat(keyValues.bytes()).isGreaterThanOrEqualTo(3L * 17 * 2 * 12 * 2);
    assertThat(backend().memory().held()).isGreaterThanOrEqualTo(keyValues.bytes());
    return keyValues;
  }

  private AutoCloseable counted(RowTable table) {
    assertThat(table.bytes()).isBetween(0L, backend().memory().held());
    return table;
  }

  private AutoCloseable counted(Linear linear) {
    assertThat(linear.bytes()).isBetween(33L * 65, backend().memory().held());
    return linear;
  }

  /** All kinds of what a forward owns. */
  private static void fill(Forward forward, Linear reader) {
    Tensor x = forward.tensor(17, reader.inFeatures());
    forward.upload(new float[17 * reader.inFeatures()], x);
    Operand operand = forward.operand(17, reader);
    forward.rmsNorm(x, x.rows(0, 1), 1e-6f, operand);
    forward.linear(operand, reader, Epilogue.NONE, forward.tensor(17, reader.outFeatures()));
    forward.gather(x, forward.indices(new int[] {3, 5}), forward.tensor(2, x.columns()));
    KeyValues keyValues = forward.keyValues(SHAPE, 17);
    Segment all = Segment.computed(keyValues, 0, 17, Segment.ROOT, true);
    AttentionPlan plan = forward.attention(SHAPE, List.of(all));
    Tensor projected = forward.tensor(17, 48);
    forward.upload(new float[17 * 48], projected);
    Operand queries = forward.queries(17, SHAPE);
    forward.queryKeyValues(
        projected,
        HeadNorm.NONE,
        HeadNorm.NONE,
        TestForward.still(forward, 17, 12),
        plan,
        0,
        queries);
    forward.attention(queries, plan, 0, forward.tensor(17, 24));
  }

  @Test
  default void forwardsGiveTheirMemoryBack() {
    for (OperandFormat format : linearFormats()) {
      try (Linear reader = backend().prepare(List.of(matrix(33, 65)), format)) {
        long before = held();
        for (int times = 1; times <= 3; times++) {
          Forward forward = backend().begin();
          fill(forward, reader);
          assertThat(backend().memory().held()).isGreaterThanOrEqualTo(before + 4 * 17 * 65);
          forward.close();
          forward.close();
          assertThat(held()).as("after %d forwards", times).isEqualTo(before);
        }
      }
    }
  }

  /** Each at another place, with operations before it. */
  @Test
  default void forwardsThatFailGiveTheirMemoryBack() {
    try (Linear reader = backend().prepare(List.of(matrix(33, 65)), OperandFormat.F32)) {
      long before = held();
      List<Consumer<Forward>> failures =
          List.of(
              forward -> forward.copy(forward.tensor(2, 3), forward.tensor(3, 2)),
              forward ->
                  forward.gather(
                      forward.tensor(2, 3), forward.indices(new int[] {2}), forward.tensor(1, 3)),
              forward -> forward.indices(new int[] {-1}),
              forward -> forward.upload(new float[5], forward.tensor(2, 3)),
              forward ->
                  forward.attention(
                      SHAPE,
                      List.of(
                          Segment.computed(
                              forward.keyValues(SHAPE, 3), 1, 3, Segment.ROOT, true))));
      for (var failure : failures) {
        assertThatExceptionOfType(BackendException.class)
            .isThrownBy(() -> {
              try (Forward forward = backend().begin()) {
                fill(forward, reader);
                failure.accept(forward);
              }
            });
        assertThat(held()).isEqualTo(before);
      }
    }
  }

  /** One is prepared while the other is computed, and each has memory of its own. */
  @Test
  default void twoForwardsAtATime() {
    float[] values = seeds().values(100 * 100);
    float[] doubled = new float[values.length];
    float[] quadrupled = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      doubled[i] = 2 * values[i];
      quadrupled[i] = 4 * values[i];
    }
    long before = held();
    for (int round = 0; round < 8; round++) {
      OwnedTensor shared = backend().upload(values, 100, 100);
      Forward first = backend().begin();
      Tensor one = first.tensor(100, 100);
      first.copy(shared, one);
      first.add(one, shared);
      Readback sum = first.read(shared);
      Forward second = backend().begin();
      Tensor two = second.tensor(100, 100);
      second.copy(shared, two);
      first.add(shared, one);
      second.add(two, shared);
      Readback last = second.read(shared);
      Readback three = first.read(one);
      first.close();
      // What the first has given back may be used, and is not the second's.
      Tensor more = second.tensor(100, 100);
      second.upload(new float[values.length], more);
      Readback kept = second.read(two);
      assertThat(sum.await()).isEqualTo(doubled);
      assertThat(last.await()).isEqualTo(quadrupled);
      assertThat(kept.await()).isEqualTo(doubled);
      for (int i = 0; i < values.length; i++) {
        assertThat(three.await()[i]).isEqualTo(values[i] + doubled[i]);
      }
      second.close();
      shared.close();
      assertThat(held()).isEqualTo(before);
    }
  }

  /** Memory is freed once what is enqueued has been done. */
  @Test
  default void whatIsEnqueuedStillHasItsMemory() {
    float[] values = seeds().values(300 * 33);
    for (int round = 0; round < 8; round++) {
      OwnedTensor x = backend().upload(values, 300, 33);
      OwnedTensor out = backend().tensor(300, 33);
      Forward forward = backend().begin();
      forward.copy(x, out);
      x.close();
      OwnedTensor other = backend().upload(new float[values.length], 300, 33);
      Readback read = forward.read(out);
      out.close();
      forward.close();
      OwnedTensor another = backend().upload(new float[values.length], 300, 33);
      assertThat(read.await()).isEqualTo(values);
      other.close();
      another.close();
    }
  }

  @Test
  @SuppressWarnings("try") // what is closed early is closed again at the end
  default void nothingClosedIsUsed() {
    HostMatrix matrix = matrix(12, 24);
    OwnedTensor tensor = backend().upload(new float[24], 1, 24);
    Tensor view = tensor.columns(3, 5);
    tensor.close();
    Linear linear = backend().prepare(List.of(matrix), OperandFormat.F32);
    linear.close();
    RowTable table = backend().table(matrix);
    table.close();
    try (Forward forward = backend().begin();
        KeyValues stored = backend().keyValues(SHAPE, 1, 3)) {
      Tensor own = forward.tensor(1, 24);
      forward.upload(new float[24], own);
      Tensor part = forward.tensor(1, 2);
      Indices first = forward.indices(new int[] {0});
      Operand queries = forward.queries(3, SHAPE);
      Rotary still = TestForward.still(forward, 3, 12);
      refused(() -> forward.copy(tensor, own));
      refused(() -> forward.add(own, tensor));
      refused(() -> forward.copy(view, part));
      refused(() -> forward.read(tensor));
      refused(() -> forward.rmsNorm(own, tensor, 1e-6f, own));
      refused(() -> forward.linear(own, linear, Epilogue.NONE, forward.tensor(1, 12)));
      refused(() -> forward.gather(table, first, own));
      Segment all = Segment.computed(stored, 0, 3, Segment.ROOT, true);
      AttentionPlan plan = forward.attention(SHAPE, List.of(all));
      Tensor projected = forward.tensor(3, 48);
      forward.upload(new float[3 * 48], projected);
      forward.queryKeyValues(projected, HeadNorm.NONE, HeadNorm.NONE, still, plan, 0, queries);
      stored.close();
      refused(() -> forward.attention(queries, plan, 0, forward.tensor(3, 24)));
      refused(() -> forward.attention(SHAPE, List.of(all)));
      forward.close();
      refused(() -> forward.tensor(1, 1));
      refused(() -> forward.copy(own, own.reshape(1, 24)));
      refused(() -> forward.read(own));
    }
  }

  private static void refused(ThrowingCallable call) {
    assertThatExceptionOfType(BackendException.class).isThrownBy(call);
  }
}
