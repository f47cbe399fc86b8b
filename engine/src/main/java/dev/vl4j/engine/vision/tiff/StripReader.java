package dev.vl4j.engine.vision.tiff;

import dev.vl4j.engine.vision.decode.BrokenImageException;

/** Decompresses strips or tiles, one after another, row by row. */
interface StripReader extends AutoCloseable {
  /**
   * Goes to the beginning of a strip or tile.
   *
   * @param bytes its compressed bytes lie in here
   * @param from where they begin
   * @param length how many there are
   * @param rows that it may say it has, where it does
   * @throws BrokenImageException if it does not fit the image
   */
  void open(byte[] bytes, int from, int length, int rows) throws BrokenImageException;

  /**
   * Decompresses the next row.
   *
   * @param row gets the row
   * @param length bytes of the row; the array may be longer
   * @throws BrokenImageException if the data is broken or too short
   */
  void readRow(byte[] row, int length) throws BrokenImageException;

  @Override
  default void close() {}
}
