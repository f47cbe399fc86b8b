package dev.vl4j.cuda.kernel;

import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Projected rows on their way to where attention reads them, together and apart. */
final class Heads {
  private static final int ROWS = 21;
  private static final int LAYERS = 3;

  private Heads() {}

  static void run(Workbench b, AttentionShape shape, int gap, boolean normed) {
    int headSize = shape.headSize();
    int queryColumns = shape.heads() * headSize;
    int rowColumns = 2 * shape.keyValueHeads() * headSize;
    DType format = AttentionKernels.format(shape);
    Matrix projected = b.matrix("projected", DType.F32, ROWS, queryColumns + rowColumns, gap, 0);
    long queryWeight = normed ? b.floats("query norm", headSize) : 0;
    long keyWeight = normed ? b.floats("key norm", headSize) : 0;
    long rotary = b.floats("turns", ROWS * headSize);
    Matrix queries = b.matrix("queries", format, ROWS, queryColumns, gap, 0);
    Matrix store = b.matrix("store", format, LAYERS * ROWS, rowColumns, 0, 0);
    long places = places(b, store);
    b.attention.queryKeyValues(
        projected, shape, queryWeight, 1e-6f, keyWeight, 1e-5f, rotary, queries, places, 1);

    Matrix queriesAlone = b.matrix("queries alone", format, ROWS, queryColumns, gap, 0);
    b.attention.queries(
        projected.columns(0, queryColumns), shape, queryWeight, 1e-6f, rotary, queriesAlone);
    b.attention.keyValues(
        projected.columns(queryColumns, queryColumns + rowColumns),
        shape,
        keyWeight,
        1e-5f,
        rotary,
        places,
        2);
  }

  /** Row i of a batch goes to row 5 i (mod 21) of a layer. */
  private static long places(Workbench b, Matrix store) {
    MemorySegment table = Arena.ofAuto().allocate((long) ROWS * RowPlace.BYTES, 8);
    for (int row = 0; row < ROWS; row++) {
      long address = store.address() + row * 5 % ROWS * store.rowBytes();
      new RowPlace(address, ROWS * store.rowBytes()).write(table, row);
    }
    return b.put(Workbench.TABLE, table, 0);
  }
}
