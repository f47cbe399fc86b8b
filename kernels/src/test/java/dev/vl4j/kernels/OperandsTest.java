package dev.vl4j.kernels;

import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.vl4j.kernels.reference.ReferenceBackend;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a refusal says. */
class OperandsTest {
  private static final AttentionShape SHAPE = new AttentionShape(2, 1, 4, 1, OperandFormat.F32);

  private final ReferenceBackend backend = new ReferenceBackend();
  private final Forward forward = backend.begin();
  private final RowTable table = backend.table(matrix("table", 5, 4));

  @AfterEach
  void close() {
    forward.close();
    backend.close();
  }

  private static HostMatrix matrix(String name, int rows, int columns) {
    MemorySegment data = MemorySegment.ofArray(new float[rows * columns]);
    return new HostMatrix(name, data, DType.F32, rows, columns);
  }

  private Tensor t(int rows, int columns) {
    return forward.tensor(rows, columns);
  }

  private static void refused(ThrowingCallable call, String message) {
    assertThatExceptionOfType(BackendException.class).isThrownBy(call).withMessage(message);
  }

  @Test
  void linear() {
    Linear weight = backend.prepare(List.of(matrix("w", 128, 48)), OperandFormat.F32);
    refused(
        () -> Operands.linear(t(3, 64), weight, Epilogue.NONE, t(3, 128)),
        "linear: x [3, 64] does not fit weight [128, 48] (outFeatures, inFeatures)");
    refused(
        () -> Operands.linear(t(3, 48), weight, Epilogue.NONE, t(2, 128)),
        "linear: out is [2, 128], expected [3, 128]");
    refused(
        () -> Operands.linear(t(3, 48), weight, Epilogue.bias(t(1, 64)), t(3, 128)),
        "linear: bias is [1, 64], expected [1, 128]");
    refused(
        () -> Operands.linear(t(3, 48), weight, Epilogue.residual(t(1, 128)), t(3, 128)),
        "linear: residual is [1, 128], expected [3, 128]");
    refused(
        () -> Operands.linear(t(3, 48), weight, Epilogue.residual(t(3, 128)), new Opaque(3, 128)),
        "linear: out must be a tensor where there is a residual");
  }

  /** What is no tensor. */
  private record Opaque(int rows, int columns) implements Operand {}

  @Test
  void gatedLinear() {
    refused(
        () -> backend.prepareGated(matrix("g", 128, 48), matrix("u", 64, 48), OperandFormat.F32),
        "prepareGated: gate g [128, 48] does not fit up u [64, 48]");
    Linear weight =
        backend.prepareGated(matrix("g", 128, 48), matrix("u", 128, 48), OperandFormat.F32);
    refused(
        () -> Operands.linear(t(3, 48), weight, Epilogue.NONE, t(3, 256)),
        "linear: out is [3, 256], expected [3, 128]");
    refused(
        () -> Operands.linear(t(3, 48), weight, Epilogue.bias(t(1, 128)), t(3, 128)),
        "linear: a gated weight takes no bias, activation or residual");
  }

  @Test
  void norms() {
    refused(
        () -> Operands.rmsNorm(t(3, 8), t(1, 7), t(3, 8)),
        "rmsNorm: weight [1, 7] does not fit x [3, 8]");
    refused(
        () -> Operands.rmsNorm(t(3, 8), t(1, 8), t(2, 8)),
        "rmsNorm: out is [2, 8], expected [3, 8]");
    refused(
        () -> Operands.layerNorm(t(3, 8), t(2, 8), t(1, 8), t(3, 8)),
        "layerNorm: weight [2, 8] does not fit x [3, 8]");
    refused(
        () -> Operands.layerNorm(t(3, 8), t(1, 8), t(1, 9), t(3, 8)),
        "layerNorm: bias [1, 9] does not fit x [3, 8]");
    refused(
        () -> Operands.layerNorm(t(3, 8), t(1, 8), t(1, 8), t(3, 9)),
        "layerNorm: out is [3, 9], expected [3, 8]");
  }

  @Test
  void rotary() {
    refused(
        () -> new RotaryEmbedding(new float[3], new int[2], 1), "rotary: 3 frequencies but 2 axes");
    RotaryEmbedding embedding = new RotaryEmbedding(new float[3], new int[] {0, 2, 1}, 1);
    refused(
        () -> Operands.rotary(embedding, new int[2][5]),
        "rotary: positions on 2 axes, but frequencies follow 3");
    refused(
        () -> Operands.rotary(embedding, new int[][] {{1, 2}, {1, 2}, {1}}),
        "rotary: 2 positions on one axis, 1 on another");
  }

  private Rotary still(int rows, int pairs) {
    return forward.rotary(
        new RotaryEmbedding(new float[pairs], new int[pairs], 1), new int[1][rows]);
  }

  private AttentionPlan plan(int queries) {
    KeyValues keyValues = forward.keyValues(SHAPE, 6);
    Segment all = Segment.computed(keyValues, 0, 6, Segment.ROOT, true);
    return forward.attention(SHAPE, List.of(all.withQueries(queries)));
  }

  @Test
  void heads() {
    HeadNorm none = HeadNorm.NONE;
    HeadNorm narrow = new HeadNorm(t(1, 3), 0);
    refused(
        () -> Operands.queryKeyValues(t(6, 12), none, none, still(6, 2), plan(6), 0, t(6, 8)),
        "queryKeyValues: projected is [6, 12], expected [6, 16]");
    refused(
        () -> Operands.queryKeyValues(t(6, 16), none, none, still(6, 2), plan(2), 0, t(6, 8)),
        "queryKeyValues: 2 of 6 rows attend, but all have queries");
    refused(
        () -> Operands.queryKeyValues(t(6, 16), none, narrow, still(6, 2), plan(6), 0, t(6, 8)),
        "queryKeyValues: norm is [1, 3], expected [1, 4]");
    refused(
        () -> Operands.queries(t(2, 8), none, still(6, 2), SHAPE, t(2, 8)),
        "queries: rotary [6, 2] does not fit 2 rows of heads of size 4");
    refused(
        () -> Operands.queries(t(2, 8), none, still(2, 3), SHAPE, t(2, 8)),
        "queries: rotary [2, 3] does not fit 2 rows of heads of size 4");
    refused(
        () -> Operands.queries(t(2, 8), none, still(2, 2), SHAPE, t(3, 8)),
        "queries: queries is [3, 8], expected [2, 8]");
    refused(
        () -> Operands.keyValues(t(6, 4), none, still(6, 2), plan(2), 0),
        "keyValues: projected is [6, 4], expected [6, 8]");
    refused(
        () -> Operands.keyValues(t(6, 8), none, still(6, 2), plan(2), -1), "keyValues: layer -1");
  }

  @Test
  void attention() {
    refused(
        () -> Operands.attention(t(6, 4), plan(6), 0, t(6, 8)),
        "attention: queries is [6, 4], expected [6, 8]");
    refused(
        () -> Operands.attention(t(6, 8), plan(2), 0, t(2, 8)),
        "attention: queries is [6, 8], expected [2, 8]");
    refused(
        () -> Operands.attention(t(6, 8), plan(6), 0, t(5, 8)),
        "attention: out is [5, 8], expected [6, 8]");
    refused(() -> Operands.attention(t(6, 8), plan(6), -1, t(6, 8)), "attention: layer -1");
  }

  private static void segments(String message, Segment... segments) {
    refused(() -> Operands.segments(SHAPE, List.of(segments)), "attention: " + message);
  }

  @Test
  void attentionSegments() {
    KeyValues six = forward.keyValues(SHAPE, 6);
    Segment all = Segment.computed(six, 0, 6, Segment.ROOT, true);
    segments(
        "segment 1 overlaps another: rows 3 to 6, computed",
        Segment.computed(six, 0, 4, Segment.ROOT, true),
        Segment.computed(six, 3, 3, Segment.ROOT, true));
    segments(
        "segment 0 is not within the 6 rows of its keys and values: rows 0 to 7, computed",
        Segment.computed(six, 0, 7, Segment.ROOT, true));
    segments(
        "segment 0 is not within the 6 rows of its keys and values: rows 2 to 2, computed",
        Segment.computed(six, 2, 0, Segment.ROOT, true));
    segments("segment 0 has 7 queries, expected 0 to 6: rows 0 to 6, computed", all.withQueries(7));
    segments(
        "segment 0 has 1 queries, expected 0 to 0: rows 0 to 6, stored",
        Segment.stored(six, Segment.ROOT).withQueries(1));
    segments(
        "segment 0 must come after its parent 0: rows 0 to 6, computed",
        Segment.computed(six, 0, 6, 0, true));
    AttentionShape other = new AttentionShape(2, 1, 4, 0.5f, OperandFormat.F32);
    refused(
        () -> Operands.segments(other, List.of(all)),
        "attention: segment 0 has keys and values for %s, expected %s".formatted(SHAPE, other));
  }

  @Test
  void rowsAndTables() {
    refused(() -> Operands.indices(new int[] {3, -1}), "indices: row number -1 (at 1) is negative");
    refused(
        () -> Operands.gather(table, indices(0, 5), t(2, 4)),
        "gather: row number 5 is not a row of table [5, 4]");
    refused(
        () -> Operands.gather(table, indices(0), t(1, 3)),
        "gather: out is [1, 3], expected [1, 4]");
    refused(
        () -> Operands.gather(t(2, 3), indices(1, 2), t(2, 3)),
        "gather: row number 2 is not a row of x [2, 3]");
    refused(
        () -> Operands.addInterpolated(table, indices(0, 0, 0), new float[3], 2, t(1, 4)),
        "addInterpolated: 3 rows and 3 weights do not make groups of 2 taps");
    refused(
        () -> Operands.addInterpolated(table, indices(0, 0, 0, 0), new float[4], 2, t(1, 4)),
        "addInterpolated: out is [1, 4], expected [2, 4]");
    refused(
        () -> Operands.addInterpolated(table, indices(9, 0), new float[2], 2, t(1, 4)),
        "addInterpolated: row number 9 is not a row of table [5, 4]");
    refused(() -> Operands.copy(t(2, 3), t(2, 4)), "copy: out is [2, 4], expected [2, 3]");
    refused(() -> Operands.add(t(2, 3), t(1, 3)), "add: out is [1, 3], expected [2, 3]");
  }

  private Indices indices(int... rows) {
    return forward.indices(rows);
  }

  @Test
  void copiesOfKeysAndValues() {
    KeyValues two = backend.keyValues(SHAPE, 2, 6);
    refused(
        () -> Operands.copy(two, 1, backend.keyValues(SHAPE, 3, 5)),
        "copy: rows 1 to 6 of keys and values of 2 layers, 6 rows, do not fill 3 layers of 5 rows");
    refused(
        () -> Operands.copy(two, 2, backend.keyValues(SHAPE, 2, 5)),
        "copy: rows 2 to 7 of keys and values of 2 layers, 6 rows, do not fill 2 layers of 5 rows");
  }

  @Test
  void matrices() {
    MemorySegment data = MemorySegment.ofArray(new byte[12]);
    refused(
        () -> new HostMatrix("w", data, DType.I8, 4, 2, new float[4]),
        "matrix w: 12 bytes do not hold [4, 2] of I8");
    refused(
        () -> new HostMatrix("w", data, DType.I8, 4, 3), "matrix w: I8 has 0 scales, expected 4");
    refused(
        () -> new HostMatrix("w", data, DType.BF16, 2, 3, new float[2]),
        "matrix w: BF16 has 2 scales, expected 0");
  }

  @Test
  void uploadAndPrepare() {
    refused(() -> backend.upload(new float[5], 2, 3), "upload: 5 values do not fill [2, 3]");
    refused(
        () -> Operands.upload(new byte[5], new float[1][256], t(2, 3)),
        "upload: 5 samples do not fill [2, 3]");
    refused(
        () -> Operands.upload(new byte[6], new float[2][256], t(2, 3)),
        "upload: 2 tables do not share the columns of [2, 3]");
    refused(
        () -> Operands.upload(new byte[6], new float[3][255], t(2, 3)),
        "upload: a table of 255 values, expected 256");
    refused(() -> backend.prepare(List.of(), OperandFormat.F32), "prepare: no matrices");
    refused(
        () -> backend.prepare(List.of(matrix("q", 4, 8), matrix("k", 2, 6)), OperandFormat.F32),
        "prepare: k [2, 6] cannot be stacked on q [4, 8]");
  }
}
