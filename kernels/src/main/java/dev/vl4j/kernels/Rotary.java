package dev.vl4j.kernels;

/**
 * Cosines and sines of the rotary angles of rows, [rows, headSize / 2], from {@link
 * Forward#rotary}.
 */
public interface Rotary {
  /** Rows that there are angles for. */
  int rows();

  /** Pairs of a head's elements that are turned: half of the head's size. */
  int pairs();
}
