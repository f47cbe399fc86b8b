package dev.vl4j.cuda.fake.twin;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import dev.vl4j.cuda.fake.Launch;
import dev.vl4j.cuda.kernel.KeyPiece;
import dev.vl4j.cuda.kernel.QueryTile;
import java.lang.foreign.MemorySegment;

/** A tile of query rows, and the keys and values of its logical sequence. */
final class KeyRows {
  final int queryRow;
  final int rows;
  final int keys;

  private final Launch launch;
  private final int position;
  private final boolean causal;
  private final KeyPiece[] pieces;
  private final int layer;
  private final int headSize;
  private final int keyValueHeads;
  private final int format;

  KeyRows(
      Launch launch,
      long tiles,
      int tile,
      long pieceTable,
      int layer,
      int headSize,
      int keyValueHeads,
      int format) {
    this.launch = launch;
    this.layer = layer;
    this.headSize = headSize;
    this.keyValueHeads = keyValueHeads;
    this.format = format;
    MemorySegment fields = launch.read(tiles + (long) tile * QueryTile.BYTES, QueryTile.BYTES);
    queryRow = fields.get(JAVA_INT_UNALIGNED, 0);
    rows = fields.get(JAVA_INT_UNALIGNED, 4);
    position = fields.get(JAVA_INT_UNALIGNED, 8);
    keys = fields.get(JAVA_INT_UNALIGNED, 12);
    causal = fields.get(JAVA_INT_UNALIGNED, 16) != 0;
    int first = fields.get(JAVA_INT_UNALIGNED, 20);
    pieces = new KeyPiece[fields.get(JAVA_INT_UNALIGNED, 24)];
    for (int i = 0; i < pieces.length; i++) {
      MemorySegment piece =
          launch.read(pieceTable + (long) (first + i) * KeyPiece.BYTES, KeyPiece.BYTES);
      pieces[i] =
          new KeyPiece(
              piece.get(JAVA_LONG_UNALIGNED, 0),
              piece.get(JAVA_LONG_UNALIGNED, 8),
              piece.get(JAVA_INT_UNALIGNED, 16));
    }
  }

  /** How many keys a row of the tile sees. */
  int seenBy(int row) {
    return causal ? Math.min(position + row + 1, keys) : keys;
  }

  /** The keys of a key-value head, all of the sequence. */
  float[][] keys(int head) {
    return heads(head);
  }

  /** The values of a key-value head, all of the sequence. */
  float[][] values(int head) {
    return heads(keyValueHeads + head);
  }

  private float[][] heads(int place) {
    long rowBytes = 2L * keyValueHeads * headSize * Rows.bytes(format);
    float[][] all = new float[keys][];
    int piece = 0;
    for (int key = 0; key < keys; key++) {
      while (piece + 1 < pieces.length && pieces[piece + 1].start() <= key) {
        piece++;
      }
      KeyPiece at = pieces[piece];
      long address = at.base() + layer * at.layerStride() + key * rowBytes;
      all[key] = new Rows(launch, address, 0, format).read(0, place * headSize, headSize, 1);
    }
    return all;
  }
}
