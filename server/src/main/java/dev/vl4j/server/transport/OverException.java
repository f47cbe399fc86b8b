package dev.vl4j.server.transport;

import org.eclipse.jetty.io.QuietException;

/**
 * What Jetty's callback is told when there is nobody to answer. Jetty warns of none that is quiet:
 * clients that leave are no news, and the access log has a line for each.
 */
final class OverException extends Exception implements QuietException {
  private static final long serialVersionUID = 1;

  OverException(String reason) {
    super(reason, null, false, false);
  }
}
