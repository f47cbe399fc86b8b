package dev.vl4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.vl4j.kernels.AttentionPlan;
import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.DType;
import dev.vl4j.kernels.Epilogue;
import dev.vl4j.kernels.Forward;
import dev.vl4j.kernels.HeadNorm;
import dev.vl4j.kernels.HostMatrix;
import dev.vl4j.kernels.KeyValues;
import dev.vl4j.kernels.Linear;
import dev.vl4j.kernels.Operand;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.Rotary;
import dev.vl4j.kernels.RotaryEmbedding;
import dev.vl4j.kernels.RowTable;
import dev.vl4j.kernels.Segment;
import dev.vl4j.kernels.Support;
import dev.vl4j.kernels.Tensor;
import java.util.List;
import java.util.function.Consumer;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/**
 * Operands that do not fit together are refused, with the operation and the shapes that do not fit,
 * and nothing is the worse for it. {@link dev.vl4j.kernels.Operands} has all the checks and their
 * words.
 */
interface RefusalContract extends Contract {
  AttentionShape SHAPE = new AttentionShape(2, 1, 4, 1, OperandFormat.F32);

  private static HostMatrix matrix(String name, int rows, int columns) {
    return Seeds.matrix(name, new float[rows * columns], DType.F32, rows, columns);
  }

  private static void refused(ThrowingCallable call, String operation, String... named) {
    assertThatExceptionOfType(BackendException.class)
        .isThrownBy(call)
        .withMessageStartingWith(operation + ":")
        .extracting(Throwable::getMessage)
        .asString()
        .contains(named)
        .doesNotContain("\n");
  }

  private void within(Consumer<Forward> test) {
    try (Forward forward = backend().begin()) {
      test.accept(forward);
      // The forward goes on as if nothing had been asked.
      Tensor x = forward.tensor(1, 2);
      forward.upload(new float[] {3, 4}, x);
      forward.add(x, x.reshape(1, 2));
      assertThat(forward.read(x).await()).containsExactly(6, 8);
    }
  }

  @Test
  default void refusesSizes() {
    try (Linear reader = backend().prepare(List.of(matrix("w", 4, 8)), OperandFormat.F32)) {
      within(f -> {
        refused(() -> f.tensor(-1, 5), "tensor", "[-1, 5]");
        refused(() -> f.tensor(5, -1), "tensor", "[5, -1]");
        refused(() -> f.operand(-1, reader), "operand", "[-1, 8]");
        refused(() -> f.queries(-1, SHAPE), "queries", "[-1, 8]");
        refused(() -> f.keyValues(SHAPE, -1), "keyValues", "[-1, 8]");
      });
    }
    refused(() -> backend().tensor(-2, 3), "tensor", "[-2, 3]");
    refused(() -> backend().keyValues(SHAPE, 2, -3), "keyValues", "[-3, 8]");
    refused(() -> backend().keyValues(SHAPE, 0, 3), "keyValues", "layers", "0");
  }

  @Test
  default void refusesLinear() {
    try (Linear weight = backend().prepare(List.of(matrix("w", 128, 48)), OperandFormat.F32);
        Linear next = backend().prepare(List.of(matrix("w", 3, 128)), OperandFormat.F32);
        Linear gated =
            backend().prepareGated(matrix("g", 128, 48), matrix("u", 128, 48), OperandFormat.F32)) {
      within(f -> {
        Tensor x = f.tensor(3, 48);
        Tensor out = f.tensor(3, 128);
        linear(f, f.tensor(3, 64), weight, Epilogue.NONE, out, "[3, 64]", "[128, 48]");
        linear(f, x, weight, Epilogue.NONE, f.tensor(2, 128), "[2, 128]", "[3, 128]");
        linear(f, x, weight, Epilogue.bias(f.tensor(1, 64)), out, "[1, 64]", "[1, 128]");
        linear(f, x, weight, Epilogue.residual(f.tensor(1, 128)), out, "[1, 128]", "[3, 128]");
        linear(f, x, gated, Epilogue.NONE, f.tensor(3, 256), "[3, 256]", "[3, 128]");
        linear(f, x, gated, Epilogue.bias(f.tensor(1, 128)), out, "gated");
        Operand operand = f.operand(3, next);
        if (!(operand instanceof Tensor)) {
          linear(f, x, weight, Epilogue.residual(f.tensor(3, 128)), operand, "residual");
        }
        linear(f, operand, weight, Epilogue.NONE, out, "[3, 128]", "[128, 48]");
      });
    }
  }

  private static void linear(
      Forward forward, Operand x, Linear weight, Epilogue epilogue, Operand out, String... named) {
    refused(() -> forward.linear(x, weight, epilogue, out), "linear", named);
  }

  @Test
  default void refusesNorms() {
    within(f -> {
      Tensor x = f.tensor(3, 8);
      Tensor weight = f.tensor(1, 8);
      refused(() -> f.rmsNorm(x, f.tensor(1, 7), 0, x), "rmsNorm", "weight [1, 7]", "x [3, 8]");
      refused(() -> f.rmsNorm(x, weight, 0, f.tensor(2, 8)), "rmsNorm", "[2, 8]", "[3, 8]");
      refused(
          () -> f.layerNorm(x, f.tensor(2, 8), weight, 0, x),
          "layerNorm",
          "weight [2, 8]",
          "x [3, 8]");
      refused(
          () -> f.layerNorm(x, weight, f.tensor(1, 9), 0, x),
          "layerNorm",
          "bias [1, 9]",
          "x [3, 8]");
      refused(
          () -> f.layerNorm(x, weight, weight, 0, f.tensor(3, 9)), "layerNorm", "[3, 9]", "[3, 8]");
    });
  }

  @Test
  default void refusesHeads() {
    within(f -> {
      KeyValues keyValues = f.keyValues(SHAPE, 6);
      Segment all = Segment.computed(keyValues, 0, 6, Segment.ROOT, true);
      AttentionPlan plan = f.attention(SHAPE, List.of(all));
      AttentionPlan some = f.attention(SHAPE, List.of(all.withQueries(2)));
      Rotary still = TestForward.still(f, 6, 4);
      Operand queries = f.queries(6, SHAPE);
      Tensor all16 = f.tensor(6, 16);
      HeadNorm none = HeadNorm.NONE;
      HeadNorm narrow = new HeadNorm(f.tensor(1, 3), 0);
      String together = "queryKeyValues";
      refused(
          () -> f.queryKeyValues(f.tensor(6, 12), none, none, still, plan, 0, queries),
          together,
          "[6, 12]",
          "[6, 16]");
      refused(
          () -> f.queryKeyValues(all16, none, none, still, some, 0, queries), together, "2 of 6");
      refused(
          () -> f.queryKeyValues(all16, narrow, none, still, plan, 0, queries),
          together,
          "[1, 3]",
          "[1, 4]");
      refused(
          () -> f.queryKeyValues(all16, none, narrow, still, plan, 0, queries),
          together,
          "[1, 3]",
          "[1, 4]");
      Operand five = f.queries(5, SHAPE);
      refused(
          () -> f.queryKeyValues(all16, none, none, still, plan, 0, five),
          together,
          "[5, 8]",
          "[6, 8]");
      Rotary short5 = TestForward.still(f, 5, 4);
      Rotary wide = TestForward.still(f, 6, 8);
      refused(() -> f.queries(f.tensor(6, 8), none, short5, SHAPE, queries), "queries", "[5, 2]");
      refused(() -> f.queries(f.tensor(6, 8), none, wide, SHAPE, queries), "queries", "[6, 4]");
      refused(() -> f.queries(f.tensor(6, 7), none, still, SHAPE, queries), "queries", "[6, 7]");
      refused(() -> f.keyValues(f.tensor(6, 7), none, still, plan, 0), "keyValues", "[6, 7]");
      refused(() -> f.keyValues(f.tensor(5, 8), none, still, plan, 0), "keyValues", "[5, 8]");
      refused(() -> f.keyValues(f.tensor(6, 8), none, short5, plan, 0), "keyValues", "[5, 2]");
      refused(() -> f.keyValues(f.tensor(6, 8), none, still, plan, -1), "keyValues", "-1");
      refused(() -> f.attention(five, plan, 0, f.tensor(6, 8)), "attention", "[5, 8]", "[6, 8]");
      refused(() -> f.attention(queries, plan, 0, f.tensor(6, 4)), "attention", "[6, 4]", "[6, 8]");
      refused(() -> f.attention(queries, some, 0, f.tensor(2, 8)), "attention", "[2, 8]");
    });
  }

  @Test
  default void refusesPositions() {
    within(f -> {
      RotaryEmbedding embedding = new RotaryEmbedding(new float[3], new int[] {0, 1, 2}, 1);
      refused(() -> f.rotary(embedding, new int[2][5]), "rotary", "2 axes");
      refused(() -> f.rotary(embedding, new int[][] {{1, 2}, {1}, {1, 2}}), "rotary", "2", "1");
    });
  }

  @Test
  default void refusesSegments() {
    within(f -> {
      KeyValues six = f.keyValues(SHAPE, 6);
      Segment all = Segment.computed(six, 0, 6, Segment.ROOT, true);
      segments(f, "rows 0 to 7", Segment.computed(six, 0, 7, Segment.ROOT, true));
      segments(f, "rows 0 to 0", Segment.computed(six, 0, 0, Segment.ROOT, true));
      segments(f, "rows -1 to 2", Segment.computed(six, -1, 3, Segment.ROOT, true));
      segments(f, "7 queries", all.withQueries(7));
      segments(f, "1 queries", Segment.stored(six, Segment.ROOT).withQueries(1));
      segments(f, "parent 0", Segment.computed(six, 0, 6, 0, true));
      segments(f, "parent -2", Segment.computed(six, 0, 6, -2, true));
      segments(
          f,
          "segment 1 overlaps",
          Segment.computed(six, 0, 4, Segment.ROOT, true),
          Segment.computed(six, 3, 3, 0, true));
      AttentionShape other = new AttentionShape(2, 1, 4, 0.5f, OperandFormat.F32);
      refused(() -> f.attention(other, List.of(all)), "attention", "segment 0");
    });
  }

  private static void segments(Forward forward, String named, Segment... segments) {
    refused(() -> forward.attention(SHAPE, List.of(segments)), "attention", named);
  }

  @Test
  default void refusesRows() {
    try (RowTable table = backend().table(matrix("table", 5, 4))) {
      within(f -> {
        Tensor x = f.tensor(2, 3);
        refused(() -> f.indices(new int[] {4, -1}), "indices", "-1", "1");
        refused(
            () -> f.gather(table, f.indices(new int[] {0, 5}), f.tensor(2, 4)),
            "gather",
            "5",
            "table [5, 4]");
        refused(
            () -> f.gather(table, f.indices(new int[1]), f.tensor(1, 3)),
            "gather",
            "[1, 3]",
            "[1, 4]");
        refused(
            () -> f.gather(x, f.indices(new int[] {2}), f.tensor(1, 3)), "gather", "2", "x [2, 3]");
        refused(
            () -> f.gather(x, f.indices(new int[2]), f.tensor(1, 3)), "gather", "[1, 3]", "[2, 3]");
        interpolation(f, table, new int[3], new float[3], 2, "3 rows", "2 taps");
        interpolation(f, table, new int[2], new float[3], 2, "3 weights");
        interpolation(f, table, new int[4], new float[4], 2, "[1, 4]", "[2, 4]");
        interpolation(f, table, new int[] {9, 0}, new float[2], 2, "9", "table [5, 4]");
        refused(() -> f.copy(x, f.tensor(3, 3)), "copy", "[3, 3]", "[2, 3]");
        refused(() -> f.add(x, f.tensor(2, 4)), "add", "[2, 4]", "[2, 3]");
        refused(() -> f.upload(new float[5], x), "upload", "5 values", "[2, 3]");
        refused(() -> f.upload(new byte[5], new float[1][256], x), "upload", "5 samples", "[2, 3]");
        refused(() -> f.upload(new byte[6], new float[2][256], x), "upload", "2 tables", "[2, 3]");
        refused(() -> f.upload(new byte[6], new float[3][255], x), "upload", "255");
      });
    }
  }

  private static void interpolation(
      Forward forward, RowTable table, int[] rows, float[] weights, int taps, String... named) {
    refused(
        () ->
            forward.addInterpolated(
                table, forward.indices(rows), weights, taps, forward.tensor(1, 4)),
        "addInterpolated",
        named);
  }

  @Test
  default void refusesViews() {
    within(f -> {
      Tensor x = f.tensor(3, 4);
      ThrowingCallable[] views = {
        () -> x.rows(-1, 2),
        () -> x.rows(2, 1),
        () -> x.rows(0, 4),
        () -> x.columns(-1, 2),
        () -> x.columns(2, 1),
        () -> x.columns(0, 5),
        () -> x.reshape(5, 2),
        () -> x.reshape(-3, -4),
        () -> x.columns(0, 2).reshape(2, 3),
      };
      for (ThrowingCallable view : views) {
        assertThatExceptionOfType(BackendException.class).isThrownBy(view);
      }
    });
  }

  @Test
  default void refusesCopiesOfKeysAndValues() {
    AttentionShape other = new AttentionShape(2, 2, 4, 1, OperandFormat.F32);
    try (KeyValues two = backend().keyValues(SHAPE, 2, 6);
        KeyValues three = backend().keyValues(SHAPE, 3, 6);
        KeyValues unlike = backend().keyValues(other, 2, 6)) {
      within(f -> {
        refused(() -> f.copy(two, 1, three), "copy", "2 layers", "3 layers");
        refused(() -> f.copy(two, 1, backendRun(f)), "copy", "2 layers", "1 layers");
        refused(() -> f.copy(two, 1, two), "copy", "rows 1 to 7");
        refused(() -> f.copy(two, -1, two), "copy", "rows -1 to 5");
        refused(() -> f.copy(unlike, 0, two), "copy", "keys and values");
      });
    }
  }

  private static KeyValues backendRun(Forward forward) {
    return forward.keyValues(SHAPE, 6);
  }

  @Test
  default void refusesWeightsAndValues() {
    refused(() -> backend().upload(new float[5], 2, 3), "upload", "5 values", "[2, 3]");
    refused(() -> backend().prepare(List.of(), OperandFormat.F32), "prepare", "no matrices");
    refused(
        () -> backend().prepare(List.of(matrix("q", 4, 8), matrix("k", 2, 6)), OperandFormat.F32),
        "prepare",
        "k [2, 6]",
        "q [4, 8]");
    refused(
        () -> backend().prepareGated(matrix("g", 128, 48), matrix("u", 64, 48), OperandFormat.F32),
        "prepareGated",
        "g [128, 48]",
        "u [64, 48]");
  }

  /** A shape of attention in 8 bits cannot even be made. */
  @Test
  default void attentionIsNeverInEightBits() {
    for (OperandFormat format : List.of(OperandFormat.INT8, OperandFormat.FP8)) {
      assertThat(backend().supports(format, 64)).isEqualTo(Support.NONE);
      assertThatExceptionOfType(BackendException.class)
          .isThrownBy(() -> new AttentionShape(2, 1, 4, 1, format))
          .withMessage("attention in %s: expected F32 or BF16".formatted(format));
    }
  }

  /** What a backend says that it does not support it does not do, either. */
  @Test
  default void refusesFormatsThatItDoesNotSupport() {
    for (OperandFormat format : OperandFormat.values()) {
      if (backend().supports(format) == Support.NONE) {
        refused(
            () -> backend().prepare(List.of(matrix("w", 4, 8)), format),
            "prepare",
            format.toString());
      }
    }
  }
}
