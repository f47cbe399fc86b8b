package dev.vl4j.kernels;

/** A tensor that outlives forwards, until it is closed. */
public interface OwnedTensor extends Tensor, AutoCloseable {
  /** Bytes of the device's memory that it takes. */
  long bytes();

  /** Frees it, once what is enqueued has been done. Closing it again does nothing. */
  @Override
  void close();
}
