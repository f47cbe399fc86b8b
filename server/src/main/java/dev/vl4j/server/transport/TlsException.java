package dev.vl4j.server.transport;

/** A certificate or a key that TLS cannot be spoken with, in words. */
public final class TlsException extends Exception {
  private static final long serialVersionUID = 1;

  TlsException(String message) {
    super(message);
  }

  TlsException(String message, Throwable cause) {
    super(message, cause);
  }
}
