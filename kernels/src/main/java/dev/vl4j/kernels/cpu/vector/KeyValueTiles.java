package dev.vl4j.kernels.cpu.vector;

import static dev.vl4j.kernels.cpu.vector.Lanes.PANEL;

import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.cpu.family.CpuAttention.Context;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Keys and values of a forward in tiles, which all query rows share. Tiles start at multiples of
 * {@link #KEYS} of a row's logical sequence. A segment packs those that its own rows lie in; whole
 * tiles before those are its parent's.
 *
 * <p>A tile is keys, {@code [panel of keys][size of a head][PANEL]}, then values, {@code [panel of
 * elements][keys][PANEL]}. What keys and elements lack of their last panels is zero.
 */
final class KeyValueTiles {
  /** Keys of a tile but a segment's last; a multiple of every panel width. */
  static final int KEYS = 128;

  /**
   * A segment's own tiles.
   *
   * @param from number of the first in its context
   * @param to number after the last
   * @param before keys of all segments' tiles before
   */
  private record Own(Context context, int from, int to, int before) {}

  /**
   * A tile of a segment.
   *
   * @param number in its context
   * @param count keys
   * @param at where it starts, in keys of the tiles before
   */
  private record Tile(Own owner, int number, int count, int at) {
    int first() {
      return number * KEYS;
    }

    /** Keys with the zeros that fill their last panel. */
    int padded() {
      return Lanes.wholePanels(count);
    }
  }

  /**
   * Where a packed tile is, in bytes.
   *
   * @param keys offset of the first panel
   * @param keyPanelBytes from one panel of keys to the next
   * @param values offset of the first panel
   * @param valuePanelBytes from one panel of values to the next
   * @param bytes from it to the next tile
   * @param following how many of its context's tiles follow each other from it on, itself included
   */
  record Place(
      long keys,
      long keyPanelBytes,
      long values,
      long valuePanelBytes,
      long bytes,
      int following) {}

  private final List<Context> contexts;
  private final int headSize;
  private final int headColumns;
  private final List<Own> segments = new ArrayList<>();
  private final List<Tile> tiles = new ArrayList<>();
  private final int keys;

  KeyValueTiles(AttentionShape shape, List<Context> contexts) {
    this.contexts = contexts;
    headSize = shape.headSize();
    headColumns = Lanes.wholePanels(headSize);
    int before = 0;
    for (Context context : contexts) {
      // Rows that nobody but later segments' rows look at need no tile that is not whole.
      int to =
          context.segment().queries() == 0
              ? context.length() / KEYS
              : Math.ceilDiv(context.length(), KEYS);
      Own own = new Own(context, context.before() / KEYS, to, before);
      segments.add(own);
      for (int number = own.from; number < to; number++) {
        int count = Math.min(KEYS, context.length() - number * KEYS);
        Tile tile = new Tile(own, number, count, before);
        tiles.add(tile);
        before += tile.padded();
      }
    }
    keys = before;
  }

  /** Bytes of all tiles of a head. */
  long bytes() {
    return bytes(keys);
  }

  private long bytes(int keys) {
    return (long) keys * (headSize + headColumns) * Float.BYTES;
  }

  /** How many tiles a head has. */
  int count() {
    return tiles.size();
  }

  /**
   * Where a tile of a segment is, among those of a head.
   *
   * @param segment number of the segment
   * @param number of the tile in the segment's context
   */
  Place place(int segment, int number) {
    Own owner = segments.get(segment);
    int end = owner.to;
    while (number < owner.from) {
      end = owner.from;
      owner = segments.get(owner.context.segment().parent());
    }
    int padded = Lanes.wholePanels(Math.min(KEYS, owner.context.length() - number * KEYS));
    long at = bytes(owner.before + (number - owner.from) * KEYS);
    return new Place(
        at,
        (long) PANEL * headSize * Float.BYTES,
        at + (long) padded * headSize * Float.BYTES,
        (long) PANEL * padded * Float.BYTES,
        bytes(padded),
        end - number);
  }

  /**
   * Packs a tile.
   *
   * @param number among all of a head
   * @param packed memory of all tiles of this head
   */
  void pack(int number, int layer, int head, MemorySegment packed, TilePacker packer) {
    Tile tile = tiles.get(number);
    packer.start(headSize, tile.padded());
    Context context = tile.owner.context;
    int end = tile.first() + tile.count;
    while (end > tile.first()) {
      int begin = Math.max(tile.first(), context.before());
      int row = context.segment().start() + begin - context.before();
      packer.keys(context.keyValues().keys(layer), head, row, begin - tile.first(), end - begin);
      packer.values(
          context.keyValues().values(layer), head, row, begin - tile.first(), end - begin);
      if (begin > tile.first()) {
        context = contexts.get(context.segment().parent());
      }
      end = begin;
    }
    packer.write(packed, bytes(tile.at));
  }
}
