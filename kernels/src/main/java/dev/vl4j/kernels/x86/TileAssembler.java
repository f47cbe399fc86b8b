package dev.vl4j.kernels.x86;

/** The instructions of AMX in use, on tiles whose shapes {@link #ldtilecfg} sets. */
class TileAssembler extends IntegerAssembler {
  private static final Tile NONE = new Tile(0);

  /** Shapes the tiles by 64 bytes of memory, and zeroes them. */
  final void ldtilecfg(Mem from) {
    vex(MAP_0F38, NO_PREFIX, 0, 0x49, 128, 0, 0, from);
  }

  /** Tiles have no shapes any more, and nothing that would have to be saved. */
  final void tilerelease() {
    vex(MAP_0F38, NO_PREFIX, 0, 0x49, 128, 0, 0, NONE);
  }

  final void tilezero(Tile to) {
    vex(MAP_0F38, PREFIX_F2, 0, 0x49, 128, to.number(), 0, NONE);
  }

  /**
   * Loads a tile.
   *
   * @param rows of the first row the address; the scaled index is the distance to the next
   */
  final void tileloadd(Tile to, Mem rows) {
    vex(MAP_0F38, PREFIX_F2, 0, 0x4B, 128, to.number(), 0, strided(rows));
  }

  /** Stores a tile, to rows as {@link #tileloadd} finds them. */
  final void tilestored(Mem rows, Tile from) {
    vex(MAP_0F38, PREFIX_F3, 0, 0x4B, 128, from.number(), 0, strided(rows));
  }

  private static Mem strided(Mem rows) {
    if (rows.index() == null) {
      throw new IllegalArgumentException("rows of a tile have no distance in " + rows);
    }
    return rows;
  }

  /** Adds a matrix product of pairs of bfloat16 to float32 sums. AMX_BF16. */
  final void tdpbf16ps(Tile sums, Tile left, Tile right) {
    vex(MAP_0F38, PREFIX_F3, 0, 0x5C, 128, sums.number(), right.number(), left);
  }

  /** Adds a matrix product of unsigned with signed bytes to int32 sums. AMX_INT8. */
  final void tdpbusd(Tile sums, Tile unsigned, Tile signed) {
    vex(MAP_0F38, PREFIX_66, 0, 0x5E, 128, sums.number(), signed.number(), unsigned);
  }
}
