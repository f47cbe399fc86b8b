package dev.vl4j.server.media;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Proxy;
import java.net.Socket;

/**
 * A socket that can be read from until a moment, however many bytes arrive however slowly.
 *
 * <p>It goes through no proxy, whatever the system's properties say: a proxy would look up the host
 * by itself.
 */
final class DeadlineSocket extends Socket {
  private final Deadline deadline;

  DeadlineSocket(Deadline deadline) {
    super(Proxy.NO_PROXY);
    this.deadline = deadline;
  }

  @Override
  public InputStream getInputStream() throws IOException {
    return new FilterInputStream(super.getInputStream()) {
      @Override
      public int read() throws IOException {
        setSoTimeout(deadline.millis());
        return super.read();
      }

      @Override
      public int read(byte[] bytes, int offset, int length) throws IOException {
        setSoTimeout(deadline.millis());
        return super.read(bytes, offset, length);
      }
    };
  }
}
