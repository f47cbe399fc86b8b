package dev.vl4j.kernels.aarch64;

import java.util.ArrayList;
import java.util.List;

/**
 * Products of one format of operands on emitted kernels: tiles of rows of activations with one
 * panel of weights.
 *
 * <p>Activations lie in blocks of {@link #ROWS} rows, {@code [depth in lines][row][line]}; rows of
 * a block that are not used are there, but what they hold does not matter. Panels of weights are
 * {@code [depth in groups][column][group]}. What is past a row's and a column's end is zero.
 */
public final class NeonProducts {
  /** Rows of a block. */
  public static final int ROWS = TileKernels.ROWS;

  /** Columns of a panel. */
  public static final int PANEL = TileKernels.PANEL;

  private final Dot dot;

  /** For each number of pairs of rows, one that overwrites and one that accumulates. */
  private final List<Kernel> tiles;

  private NeonProducts(Dot dot, List<Kernel> tiles) {
    this.dot = dot;
    this.tiles = tiles;
  }

  static NeonProducts emit(Dot dot, Kernel.Loader loader) {
    List<byte[]> code = new ArrayList<>();
    for (int pairs = 1; pairs <= ROWS / 2; pairs++) {
      code.add(TileKernels.tile(dot, pairs, false));
      code.add(TileKernels.tile(dot, pairs, true));
    }
    return new NeonProducts(dot, loader.load(code));
  }

  /** Bytes of a row of activations that stand together; depth is padded to whole lines. */
  public int lineBytes() {
    return dot.lineBytes();
  }

  /** Bytes of a column of weights that stand together, of which a line is a multiple. */
  public int groupBytes() {
    return dot.groupBytes();
  }

  /** Bytes of so many rows of activations. */
  public static long bytes(int rows, int depthBytes) {
    return (long) Math.ceilDiv(rows, ROWS) * ROWS * depthBytes;
  }

  /**
   * Byte offset of a line of a row of activations.
   *
   * @param from bytes of the row before it, whole lines
   */
  public long at(int row, int from, int depthBytes) {
    return (long) (row - row % ROWS) * depthBytes
        + (long) from * ROWS
        + (long) row % ROWS * lineBytes();
  }

  /**
   * {@code C = [C +] A B}. An odd last row has a neighbour that is computed as well. Addresses are
   * the caller's to keep valid.
   *
   * @param rows of the block, at least 1
   * @param accumulate whether C is added to; otherwise it is overwritten
   * @param a address of the first line of the block's first row
   * @param b address of the group of the panel's first column
   * @param c address of an even number of rows of {@link #PANEL} sums, float32 or int32
   * @param depthBytes whole lines, at least one
   */
  public void multiply(int rows, boolean accumulate, long a, long b, long c, int depthBytes) {
    int pair = (rows - 1) / 2;
    tiles.get(2 * pair + (accumulate ? 1 : 0)).call(a, b, c, depthBytes / lineBytes());
  }
}
