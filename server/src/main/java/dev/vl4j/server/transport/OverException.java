package dev.vl4j.server.transport;

/** What Jetty's callback is told when there is nobody to answer. */
final class OverException extends Exception {
  private static final long serialVersionUID = 1;

  OverException(String reason) {
    super(reason, null, false, false);
  }
}
