package dev.vl4j.cuda.backend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.cuda.kernel.KeyPiece;
import dev.vl4j.cuda.kernel.QueryTile;
import dev.vl4j.cuda.kernel.RowPlace;
import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.Segment;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class AttentionTablesTest {
  private static final AttentionShape SHAPE = new AttentionShape(2, 1, 8, 1, OperandFormat.BF16);

  /** Keys and values of one head. */
  private static final long ROW = 2 * 8 * 2;

  @RegisterExtension final FakeGpus gpus = new FakeGpus();

  private static AttentionTables tables(int tileRows, Segment... segments) {
    return new AttentionTables(
        List.of(segments), segment -> (CudaKeyValues) segment.keyValues(), tileRows);
  }

  @Test
  void aBranchSeesItsAncestorsAndItself() {
    try (CudaBackend backend = gpus.open();
        CudaKeyValues stored = (CudaKeyValues) backend.keyValues(SHAPE, 3, 10);
        CudaKeyValues own = (CudaKeyValues) backend.keyValues(SHAPE, 1, 9)) {
      AttentionTables tables =
          tables(
              4,
              new Segment(stored, 2, 5, Segment.ROOT, true, 0, true),
              Segment.computed(own, 3, 6, 0, true),
              Segment.computed(own, 0, 3, 0, false).withQueries(2));
      long first = stored.block().address();
      long second = own.block().address();
      assertThat(tables.pieces())
          .containsExactly(
              new KeyPiece(first + 2 * ROW, 10 * ROW, 0),
              new KeyPiece(second - 2 * ROW, 0, 5),
              new KeyPiece(first + 2 * ROW, 10 * ROW, 0),
              new KeyPiece(second - 5 * ROW, 0, 5));
      // The longest sequence first, and its longest tile; tiles of 4 rows.
      assertThat(tables.tiles())
          .containsExactly(
              new QueryTile(4, 2, 9, 11, true, 0, 2),
              new QueryTile(0, 4, 5, 9, true, 0, 2),
              new QueryTile(6, 2, 6, 8, false, 2, 2));
      assertThat(tables.longest()).isEqualTo(11);
      assertThat(tables.queries()).isEqualTo(8);
      assertThat(tables.places())
          .containsExactlyElementsOf(
              IntStream.of(3, 4, 5, 6, 7, 8, 0, 1, 2)
                  .mapToObj(row -> new RowPlace(second + row * ROW, 0))
                  .toList());
    }
  }

  /** As where a document follows its prefix in one place. */
  @Test
  void whatLiesTogetherIsOnePiece() {
    try (CudaBackend backend = gpus.open();
        CudaKeyValues all = (CudaKeyValues) backend.keyValues(SHAPE, 2, 20)) {
      AttentionTables tables =
          tables(
              128,
              Segment.computed(all, 1, 4, Segment.ROOT, true),
              Segment.computed(all, 5, 6, 0, true),
              Segment.computed(all, 12, 6, 1, true));
      long base = all.block().address();
      assertThat(tables.pieces())
          .containsExactly(
              new KeyPiece(base + ROW, 20 * ROW, 0),
              new KeyPiece(base + ROW, 20 * ROW, 0),
              new KeyPiece(base + ROW, 20 * ROW, 0),
              new KeyPiece(base + 2 * ROW, 20 * ROW, 10));
      assertThat(tables.tiles().getFirst()).isEqualTo(new QueryTile(10, 6, 10, 16, true, 2, 2));
    }
  }

  @Test
  void rowsThatDoNotAttendHaveNoTile() {
    try (CudaBackend backend = gpus.open();
        CudaKeyValues all = (CudaKeyValues) backend.keyValues(SHAPE, 2, 20)) {
      AttentionTables tables =
          tables(8, Segment.computed(all, 0, 20, Segment.ROOT, true).withQueries(0));
      assertThat(tables.tiles()).isEmpty();
      assertThat(tables.longest()).isZero();
      assertThat(tables.pieces()).isEmpty();
      assertThat(tables.places()).hasSize(20);
      assertThat(tables.bytes()).isEqualTo(20L * RowPlace.BYTES);
    }
  }
}
