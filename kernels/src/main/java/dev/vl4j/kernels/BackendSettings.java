package dev.vl4j.kernels;

/**
 * How a backend is opened.
 *
 * @param device the device's number, or {@link #PREFERRED_DEVICE}
 * @param threads compute threads of the host, the caller's included; 0 for one per processor
 * @param memory most bytes of the device's memory to take; 0 for as much as the backend sees fit. A
 *     backend that cannot keep to a limit refuses one
 */
public record BackendSettings(int device, int threads, long memory) {
  /** The first device that the backend's report names. A provider is never given this number. */
  public static final int PREFERRED_DEVICE = -1;

  /** The preferred device, a thread for each processor, as much memory as the backend sees fit. */
  public static final BackendSettings DEFAULT = new BackendSettings(PREFERRED_DEVICE, 0, 0);

  /**
   * @throws BackendException if a number is negative
   */
  public BackendSettings {
    if (device < PREFERRED_DEVICE) {
      throw new BackendException("device: expected 0 or more, found " + device);
    }
    if (threads < 0) {
      throw new BackendException("threads: expected 0 or more, found " + threads);
    }
    if (memory < 0) {
      throw new BackendException("memory: expected 0 or more bytes, found " + memory);
    }
  }

  /** The same with another device, {@link #PREFERRED_DEVICE} by default. */
  public BackendSettings withDevice(int device) {
    return new BackendSettings(device, threads, memory);
  }

  /** The same with another number of threads; 0, the default, for one per processor. */
  public BackendSettings withThreads(int threads) {
    return new BackendSettings(device, threads, memory);
  }

  /**
   * The same with other most bytes of memory; 0, the default, for as much as the backend sees fit.
   */
  public BackendSettings withMemory(long memory) {
    return new BackendSettings(device, threads, memory);
  }

  /** {@link #threads}, or the number of processors. */
  public int threadCount() {
    return threads == 0 ? Runtime.getRuntime().availableProcessors() : threads;
  }
}
