package dev.vl4j.kernels;

/** How a backend computes something that a model asks for. */
public enum Support {
  /** By kernels made for it. */
  KERNELS,
  /** Right, but by kernels for another format, and no faster than those. */
  EMULATED,
  /** Not at all. */
  NONE
}
