package dev.vl4j.engine.vision.decode;

import dev.vl4j.engine.vision.decode.DecodedImage.Mode;
import dev.vl4j.engine.vision.decode.DecodedImage.Palette;
import org.jspecify.annotations.Nullable;

/**
 * An image as Pillow's {@code Image.open(file).load()} leaves it, before any conversion to RGB,
 * with its samples row by row. A decoder that can make rows one after another need not hold them
 * all; one that cannot gives a {@link DecodedImage}.
 */
public interface ImagePixels {
  /** In pixels, at least 1. */
  int width();

  /** In pixels, at least 1. */
  int height();

  Mode mode();

  /** The colours of {@link Mode#P} and {@link Mode#PA}, else null. */
  @Nullable Palette palette();

  /** See {@link DecodedImage}. */
  int @Nullable [] transparentColor();

  /** The EXIF orientation to apply, 1 to 8. */
  int orientation();

  /** Starts at the top. To be called once. */
  Rows rows() throws BrokenImageException;

  /** Rows from top to bottom. */
  @FunctionalInterface
  interface Rows extends AutoCloseable {
    /** Rows that are all in memory, {@code [height][width][mode.channels]}. */
    static Rows of(byte[] samples) {
      return new Rows() {
        private int at;

        @Override
        public void next(byte[] row) {
          System.arraycopy(samples, at, row, 0, row.length);
          at += row.length;
        }
      };
    }

    /**
     * Puts the next row's samples, {@code [width][mode.channels]}, into an array that has just room
     * for them. To be called as often as the image has rows: only after the last one is it certain
     * that the file is sound.
     *
     * @throws BrokenImageException if Pillow would refuse the file for what comes here
     */
    void next(byte[] row) throws BrokenImageException;

    @Override
    default void close() {}
  }
}
