package dev.vl4j.kernels;

import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.vl4j.kernels.reference.ReferenceBackend;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** What a refusal says. */
class OperandsTest {
  private final ReferenceBackend backend = new ReferenceBackend();
  private final RowTable table = backend.table(matrix("table", 5, 4));

  private static HostMatrix matrix(String name, int rows, int columns) {
    return Seeds.matrix(name, new float[rows * columns], DType.F32, rows, columns);
  }

  private Tensor t(int rows, int columns) {
    return backend.allocate(rows, columns);
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
  }

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
    refused(
        () -> Operands.rmsNormHeads(t(3, 8), t(1, 3)),
        "rmsNormHeads: weight [1, 3] does not fit x [3, 8], expected [1, headSize]");
  }

  @Test
  void rotate() {
    refused(
        () -> Operands.rotate(t(3, 8), t(3, 3), t(3, 3)),
        "rotate: cosine [3, 3] does not fit x [3, 8], expected [rows, headSize / 2]");
    refused(
        () -> Operands.rotate(t(3, 8), t(3, 2), t(3, 4)),
        "rotate: sine is [3, 4], expected [3, 2]");
  }

  private void attention(Tensor query, Tensor key, Tensor value, Segment... segments) {
    attention(query, key, value, t(6, 8), segments);
  }

  private void attention(Tensor query, Tensor key, Tensor value, Tensor out, Segment... segments) {
    AttentionShape shape = new AttentionShape(2, 1, 4, 1, OperandFormat.F32);
    Operands.attention(query, key, value, shape, List.of(segments), out);
  }

  private void segments(String message, Segment... segments) {
    refused(() -> attention(t(6, 8), t(6, 4), t(6, 4), segments), "attention: " + message);
  }

  @Test
  void attention() {
    Segment all = Segment.causalRoot(0, 6);
    refused(
        () -> attention(t(6, 4), t(6, 4), t(6, 4), all),
        "attention: query is [6, 4], expected [6, 8]");
    refused(
        () -> attention(t(6, 8), t(6, 5), t(6, 4), all),
        "attention: key is [6, 5], expected [6, 4]");
    refused(
        () -> attention(t(6, 8), t(6, 4), t(6, 4), all.withQueries(2)),
        "attention: query is [6, 8], expected [2, 8]");
    refused(
        () -> attention(t(6, 8), t(6, 4), t(6, 8), all),
        "attention: value is [6, 8], expected [6, 4]");
    refused(
        () -> attention(t(6, 8), t(6, 4), t(6, 4), t(5, 8), all),
        "attention: out is [5, 8], expected [6, 8]");
  }

  @Test
  void attentionSegments() {
    segments("rows 0 to 6 of 6 are in no segment");
    segments("rows 4 to 6 of 6 are in no segment", Segment.causalRoot(0, 4));
    segments(
        "rows 2 to 3 of 6 are in no segment", Segment.causalRoot(3, 3), Segment.causalRoot(0, 2));
    segments(
        "segment 1 overlaps another: Segment[start=3, length=3, parent=-1, causal=true, queries=3]",
        Segment.causalRoot(0, 4),
        Segment.causalRoot(3, 3));
    segments(
        "segment 0 is not within the 6 rows of the keys: "
            + "Segment[start=0, length=7, parent=-1, causal=true, queries=7]",
        Segment.causalRoot(0, 7));
    segments(
        "segment 0 is not within the 6 rows of the keys: "
            + "Segment[start=0, length=0, parent=-1, causal=true, queries=0]",
        Segment.causalRoot(0, 0));
    segments(
        "segment 0 has more or fewer queries than rows: "
            + "Segment[start=0, length=6, parent=-1, causal=true, queries=7]",
        Segment.causalRoot(0, 6).withQueries(7));
    segments(
        "segment 0 must come after its parent 0: "
            + "Segment[start=0, length=6, parent=0, causal=true, queries=6]",
        new Segment(0, 6, 0, true));
  }

  @Test
  void rowsAndTables() {
    refused(
        () -> Operands.gather(table, new int[] {0, 5}, t(2, 4)),
        "gather: row number 5 (at 1) is not a row of table [5, 4]");
    refused(
        () -> Operands.gather(table, new int[] {-1}, t(1, 4)),
        "gather: row number -1 (at 0) is not a row of table [5, 4]");
    refused(
        () -> Operands.gather(table, new int[] {0}, t(1, 3)),
        "gather: out is [1, 3], expected [1, 4]");
    refused(
        () -> Operands.addInterpolated(table, new int[3], new float[3], 2, t(1, 4)),
        "addInterpolated: 3 rows and 3 weights do not make groups of 2 taps");
    refused(
        () -> Operands.addInterpolated(table, new int[4], new float[4], 2, t(1, 4)),
        "addInterpolated: out is [1, 4], expected [2, 4]");
    refused(
        () -> Operands.addInterpolated(table, new int[] {9, 0}, new float[2], 2, t(1, 4)),
        "addInterpolated: row number 9 (at 0) is not a row of table [5, 4]");
    refused(
        () -> Operands.copyRows(t(2, 3), new int[1], t(2, 4), new int[1]),
        "copyRows: x [2, 3] does not fit out [2, 4]");
    refused(
        () -> Operands.copyRows(t(2, 3), new int[1], t(2, 3), new int[2]),
        "copyRows: 1 sources but 2 destinations, x [2, 3], out [2, 3]");
    refused(
        () -> Operands.copyRows(t(2, 3), new int[] {2}, t(2, 3), new int[1]),
        "copyRows: row number 2 (at 0) is not a row of x [2, 3]");
    refused(
        () -> Operands.copyRows(t(2, 3), new int[1], t(2, 3), new int[] {3}),
        "copyRows: row number 3 (at 0) is not a row of out [2, 3]");
    refused(
        () -> Operands.addRows(t(2, 3), t(2, 4), new int[2]),
        "addRows: x [2, 3] does not fit out [2, 4]");
    refused(
        () -> Operands.addRows(t(2, 3), t(2, 3), new int[1]),
        "addRows: x [2, 3] but 1 destinations, out [2, 3]");
  }

  @Test
  void matrices() {
    MemorySegment data = MemorySegment.ofArray(new byte[12]);
    refused(
        () -> new HostMatrix("w", data, DType.I8, 4, 2, new float[4]),
        "matrix w: 12 bytes do not hold [4, 2] of I8");
    refused(
        () -> new HostMatrix("w", data, DType.I8, 4, 3), "matrix w: I8 has 0 steps, expected 4");
    refused(
        () -> new HostMatrix("w", data, DType.BF16, 2, 3, new float[2]),
        "matrix w: BF16 has 2 steps, expected 0");
  }

  @Test
  void uploadAndPrepare() {
    refused(() -> backend.upload(new float[5], 2, 3), "upload: 5 values do not fill [2, 3]");
    refused(() -> backend.prepare(List.of(), OperandFormat.F32), "prepare: no matrices");
    refused(
        () -> backend.prepare(List.of(matrix("q", 4, 8), matrix("k", 2, 6)), OperandFormat.F32),
        "prepare: k [2, 6] cannot be stacked on q [4, 8]");
  }
}
