package dev.vl4j.engine.vision.jpeg;

import java.util.Arrays;

/** Where an entropy decoder puts the blocks of one MCU. */
final class Mcu {
  /** By index in zigzag order: the index in natural order. What lies past the last one is last. */
  static final int[] NATURAL_ORDER = naturalOrder();

  /** The component of each block, as an index in its scan. */
  final int[] owners;

  /** Each block's array, and where in it the block begins. */
  final short[][] arrays;

  final int[] offsets;

  /** For each block the last coefficient in zigzag order that may not be 0. */
  final int[] last;

  Mcu(int[] owners) {
    this.owners = owners;
    this.arrays = new short[owners.length][];
    this.offsets = new int[owners.length];
    this.last = new int[owners.length];
  }

  private static int[] naturalOrder() {
    // A run of broken data may lead 15 past the end.
    int[] order = new int[64 + 16];
    Arrays.fill(order, 63);
    int k = 0;
    for (int diagonal = 0; diagonal < 15; diagonal++) {
      for (int i = 0; i <= diagonal; i++) {
        int row = diagonal % 2 == 1 ? i : diagonal - i;
        int column = diagonal - row;
        if (row < 8 && column < 8) {
          order[k++] = 8 * row + column;
        }
      }
    }
    return order;
  }
}
