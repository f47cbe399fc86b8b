package dev.vl4j.cuda.backend;

import dev.vl4j.cuda.kernel.KeyPiece;
import dev.vl4j.cuda.kernel.QueryTile;
import dev.vl4j.cuda.kernel.RowPlace;
import dev.vl4j.kernels.Segment;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;

/**
 * What attention kernels have to do, as tables: tiles of query rows, the pieces of which their
 * logical sequences of keys consist, and where computed rows go.
 */
final class AttentionTables {
  /**
   * A tile and how many keys its whole sequence has.
   *
   * @param length of the sequence
   */
  private record Work(QueryTile tile, int length) {}

  /**
   * Sequences one after another, so that blocks that run together share keys and values in the
   * cache; the longest first, and in each the longest tile first, so that no long tile runs alone
   * at the end.
   */
  private static final Comparator<Work> ORDER =
      Comparator.comparingInt((Work work) -> -work.length)
          .thenComparingInt(work -> work.tile.firstPiece())
          .thenComparingInt(work -> -work.tile.keys());

  private final List<Segment> segments;
  private final Function<Segment, CudaKeyValues> stores;
  private final int tileRows;
  private final int[] before;
  private final List<Work> work = new ArrayList<>();
  private final List<KeyPiece> pieces = new ArrayList<>();
  private final List<RowPlace> places = new ArrayList<>();
  private int queries;

  /**
   * @param segments as {@link dev.vl4j.kernels.Operands#segments} wants them
   * @param stores where segments have their keys and values
   * @param tileRows query rows of a tile at most
   */
  AttentionTables(List<Segment> segments, Function<Segment, CudaKeyValues> stores, int tileRows) {
    this.segments = segments;
    this.stores = stores;
    this.tileRows = tileRows;
    before = new int[segments.size()];
    for (int i = 0; i < segments.size(); i++) {
      Segment segment = segments.get(i);
      if (segment.parent() != Segment.ROOT) {
        before[i] = before[segment.parent()] + segments.get(segment.parent()).length();
      }
      addPlaces(segment);
      addTiles(i);
    }
    work.sort(ORDER);
  }

  private void addPlaces(Segment segment) {
    if (segment.stored()) {
      return;
    }
    CudaKeyValues store = stores.apply(segment);
    for (int row = 0; row < segment.length(); row++) {
      places.add(new RowPlace(store.address(segment.start() + row), store.layerStride()));
    }
  }

  private void addTiles(int index) {
    Segment segment = segments.get(index);
    if (segment.queries() == 0) {
      return;
    }
    int firstPiece = pieces.size();
    addPieces(index);
    int length = before[index] + segment.length();
    for (int row = 0; row < segment.queries(); row += tileRows) {
      int rows = Math.min(tileRows, segment.queries() - row);
      int position = before[index] + segment.firstQuery() + row;
      QueryTile tile =
          new QueryTile(
              queries + row,
              rows,
              position,
              segment.causal() ? position + rows : length,
              segment.causal(),
              firstPiece,
              pieces.size() - firstPiece);
      work.add(new Work(tile, length));
    }
    queries += segment.queries();
  }

  /** The pieces of a segment's sequence: its ancestors, root first, and itself. */
  private void addPieces(int index) {
    var chain = new ArrayDeque<Integer>();
    for (int i = index; i != Segment.ROOT; i = segments.get(i).parent()) {
      chain.addFirst(i);
    }
    int first = pieces.size();
    for (int i : chain) {
      CudaKeyValues store = stores.apply(segments.get(i));
      long base = store.address(segments.get(i).start() - (long) before[i]);
      KeyPiece piece = new KeyPiece(base, store.layerStride(), before[i]);
      if (pieces.size() == first || !continues(pieces.getLast(), piece)) {
        pieces.add(piece);
      }
    }
  }

  /** Whether a piece begins in memory where the one before ends. */
  private static boolean continues(KeyPiece before, KeyPiece piece) {
    return before.base() == piece.base() && before.layerStride() == piece.layerStride();
  }

  List<QueryTile> tiles() {
    return work.stream().map(Work::tile).toList();
  }

  /** The most keys of a tile, 0 without tiles. */
  int longest() {
    return work.stream().mapToInt(one -> one.tile.keys()).max().orElse(0);
  }

  List<KeyPiece> pieces() {
    return Collections.unmodifiableList(pieces);
  }

  List<RowPlace> places() {
    return Collections.unmodifiableList(places);
  }

  /** Rows that attend. */
  int queries() {
    return queries;
  }

  /** Bytes of all tables. */
  long bytes() {
    return placesAt() + (long) places.size() * RowPlace.BYTES;
  }

  /** Where the pieces begin, behind the tiles. */
  long piecesAt() {
    return (long) work.size() * QueryTile.BYTES;
  }

  /** Where the places begin, behind the pieces. */
  long placesAt() {
    return piecesAt() + (long) pieces.size() * KeyPiece.BYTES;
  }

  /**
   * Writes the tables, one behind another.
   *
   * @param memory of {@link #bytes}, at a multiple of 8
   */
  void write(MemorySegment memory) {
    for (int i = 0; i < work.size(); i++) {
      work.get(i).tile.write(memory, i);
    }
    MemorySegment pieceTable = memory.asSlice(piecesAt());
    for (int i = 0; i < pieces.size(); i++) {
      pieces.get(i).write(pieceTable, i);
    }
    MemorySegment placeTable = memory.asSlice(placesAt());
    for (int i = 0; i < places.size(); i++) {
      places.get(i).write(placeTable, i);
    }
  }
}
