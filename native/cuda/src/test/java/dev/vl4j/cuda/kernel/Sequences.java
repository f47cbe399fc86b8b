package dev.vl4j.cuda.kernel;

import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** Attention over logical sequences whose keys lie in pieces of several stores. */
final class Sequences {
  /** Lengths of a sequence's pieces; the last rows of the last one attend. */
  private record Sequence(boolean causal, int queries, int... pieces) {
    int length() {
      int sum = 0;
      for (int piece : pieces) {
        sum += piece;
      }
      return sum;
    }
  }

  private static final List<Sequence> SEQUENCES =
      List.of(
          new Sequence(true, 1, 1),
          new Sequence(true, 5, 5),
          new Sequence(true, 33, 60, 70),
          new Sequence(false, 17, 3, 64, 1, 2, 40),
          new Sequence(true, 201, 201),
          new Sequence(true, 1, 129, 3),
          new Sequence(true, 9, 300, 137), // more tiles than there are buffers for
          new Sequence(false, 130, 130));

  /** Names of what attention by tensor cores gives. */
  static final String ATTENDED_F32 = "attended, float32";

  static final String ATTENDED_BF16 = "attended, bfloat16";

  /** So many blocks share the items of work, or each item has its own. */
  private static final int[] MULTIPROCESSORS = {1, 3, 8, 1000};

  private static final int LAYERS = 2;
  private static final int LAYER = 1;

  private Sequences() {}

  static void run(Workbench b, AttentionShape shape, DType result) {
    run(b, shape, result, SEQUENCES);
  }

  /** Few keys, for heads so large that a block has room for one row. */
  static void runShort(Workbench b, AttentionShape shape, DType result) {
    run(b, shape, result, SEQUENCES.subList(0, 3));
  }

  private static void run(
      Workbench b, AttentionShape shape, DType result, List<Sequence> sequences) {
    AttentionKind kind = AttentionKind.of(b.target, shape);
    DType format = AttentionKernels.format(shape);
    int rowColumns = 2 * shape.keyValueHeads() * shape.headSize();
    List<QueryTile> tiles = new ArrayList<>();
    List<KeyPiece> pieces = new ArrayList<>();
    int queryRows = 0;
    for (Sequence sequence : sequences) {
      int firstPiece = pieces.size();
      int start = 0;
      for (int length : sequence.pieces()) {
        // The piece does not begin where the store does, and other layers' rows lie around it.
        Matrix store = b.matrix("store", format, LAYERS * (length + 2), rowColumns, 0, 0);
        long base = store.address() + (2 - start) * store.rowBytes();
        pieces.add(new KeyPiece(base, (length + 2) * store.rowBytes(), start));
        start += length;
      }
      int most = kind.tileRows(shape.headSize());
      int row = 0;
      while (row < sequence.queries()) {
        int rows = Math.min(1 + b.random.nextInt(most), sequence.queries() - row);
        int position = sequence.length() - sequence.queries() + row;
        int keys = sequence.causal() ? position + rows : sequence.length();
        tiles.add(
            new QueryTile(
                queryRows + row,
                rows,
                position,
                keys,
                sequence.causal(),
                firstPiece,
                pieces.size() - firstPiece));
        row += rows;
      }
      queryRows += sequence.queries();
    }
    MemorySegment tileTable = Arena.ofAuto().allocate((long) tiles.size() * QueryTile.BYTES, 16);
    for (int i = 0; i < tiles.size(); i++) {
      tiles.get(i).write(tileTable, i);
    }
    MemorySegment pieceTable = Arena.ofAuto().allocate((long) pieces.size() * KeyPiece.BYTES, 8);
    for (int i = 0; i < pieces.size(); i++) {
      pieces.get(i).write(pieceTable, i);
    }
    int columns = shape.heads() * shape.headSize();
    AttentionKernels kernels =
        b.attention(MULTIPROCESSORS[b.random.nextInt(MULTIPROCESSORS.length)]);
    kernels.attention(
        kind,
        shape,
        b.matrix("queries", format, queryRows, columns, 8, 0),
        b.put(Workbench.TABLE, tileTable, 0),
        tiles.size(),
        tiles.stream().mapToInt(QueryTile::keys).max().orElseThrow(),
        b.put(Workbench.TABLE, pieceTable, 0),
        LAYER,
        b.matrix(name(kind, result), result, queryRows, columns, 8, 0));
  }

  private static String name(AttentionKind kind, DType result) {
    if (kind == AttentionKind.PLAIN) {
      return "attended plainly";
    }
    return result == DType.F32 ? ATTENDED_F32 : ATTENDED_BF16;
  }
}
