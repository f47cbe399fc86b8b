package dev.vl4j.kernels;

/**
 * A provider's capability: it tells how much memory of a device nobody uses. To ask takes a while,
 * and memory of the device meanwhile, which counts as used.
 */
public interface FreeMemory {
  /**
   * Memory that is free now, in bytes.
   *
   * @param device a {@link Device#number}
   * @throws BackendException if the device cannot be asked
   */
  long bytes(int device);
}
