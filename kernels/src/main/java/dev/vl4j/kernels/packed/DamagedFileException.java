package dev.vl4j.kernels.packed;

/** A file of packed weights is not what was written; the message says where it differs. */
final class DamagedFileException extends Exception {
  private static final long serialVersionUID = 1L;

  DamagedFileException(String message) {
    super(message);
  }
}
