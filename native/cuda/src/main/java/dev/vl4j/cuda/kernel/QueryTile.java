package dev.vl4j.cuda.kernel;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.MemorySegment;

/**
 * Consecutive query rows of one segment, the work of one block and head. Its last row sees as many
 * keys as any other.
 *
 * @param queryRow the first row, in the queries and in what comes out
 * @param rows how many, at most {@link AttentionKind#tileRows}
 * @param position of the first row in its logical sequence of keys: the ancestors' rows, root
 *     first, and then the segment's own
 * @param keys how many keys the last row sees, at least 1
 * @param causal whether row i sees only keys 0 to {@code position + i}
 * @param firstPiece index of the first {@link KeyPiece} of the logical sequence
 * @param pieces how many pieces it has
 */
public record QueryTile(
    int queryRow, int rows, int position, int keys, boolean causal, int firstPiece, int pieces) {
  /** Size of an entry in the table that kernels read. */
  public static final int BYTES = 32;

  /** Writes this as entry {@code index} of a table. */
  public void write(MemorySegment table, int index) {
    long at = (long) index * (BYTES / Integer.BYTES);
    int[] fields = {queryRow, rows, position, keys, causal ? 1 : 0, firstPiece, pieces, 0};
    for (int field : fields) {
      table.setAtIndex(JAVA_INT, at++, field);
    }
  }
}
