package dev.vl4j.kernels;

/** Row numbers on the device, from {@link Forward#indices}. */
public interface Indices {
  /** How many there are. */
  int count();

  /** The largest of them; -1 if there are none. */
  int largest();
}
