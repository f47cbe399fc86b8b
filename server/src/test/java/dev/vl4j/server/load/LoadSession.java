package dev.vl4j.server.load;

import dev.vl4j.engine.RankedDocument;
import dev.vl4j.engine.Ranking;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** One client: asks for one thing after another, and compares the answers. */
public interface LoadSession extends AutoCloseable {
  /**
   * Asks and waits.
   *
   * @param id the request's name, as long as all are
   * @throws AssertionError if the answer is not what it must be
   */
  void ask(LoadCase wanted, String id) throws IOException, InterruptedException;

  @Override
  void close() throws IOException;

  /** A client that calls the engine itself. */
  static LoadSession ofEngine() {
    return new LoadSession() {
      @Override
      public void ask(LoadCase wanted, String id) throws InterruptedException {
        List<CompletableFuture<Ranking>> running = new ArrayList<>();
        wanted.works().forEach(work -> running.add(work.submit().get()));
        for (int i = 0; i < running.size(); i++) {
          try {
            List<RankedDocument> given = running.get(i).get().documents();
            if (!given.equals(wanted.works().get(i).ranking())) {
              throw new AssertionError(
                  "%s: %s, expected %s".formatted(id, given, wanted.works().get(i).ranking()));
            }
          } catch (ExecutionException e) {
            throw new AssertionError(id, e);
          }
        }
      }

      @Override
      public void close() {}
    };
  }

  /** A client with a connection of its own, which it keeps. */
  static LoadSession ofPort(int port) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(60_000);
    InputStream in = new BufferedInputStream(socket.getInputStream(), 1 << 14);
    return new LoadSession() {
      @Override
      public void ask(LoadCase wanted, String id) throws IOException {
        byte[] head =
            ("POST "
                    + wanted.path()
                    + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nX-Request-Id: "
                    + id
                    + "\r\nContent-Length: "
                    + wanted.body().length
                    + "\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII);
        byte[] request = new byte[head.length + wanted.body().length];
        System.arraycopy(head, 0, request, 0, head.length);
        System.arraycopy(wanted.body(), 0, request, head.length, wanted.body().length);
        socket.getOutputStream().write(request);
        String status = line(in);
        int length = 0;
        for (String line = line(in); !line.isEmpty(); line = line(in)) {
          if (line.regionMatches(true, 0, "Content-Length:", 0, 15)) {
            length = Integer.parseInt(line.substring(15).strip());
          }
        }
        byte[] answer = in.readNBytes(length);
        wanted.check(id, Integer.parseInt(status.substring(9, 12)), answer);
      }

      @Override
      public void close() throws IOException {
        socket.close();
      }
    };
  }

  private static String line(InputStream in) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int c = in.read(); c != '\n'; c = in.read()) {
      if (c < 0) {
        throw new EOFException("the connection ended within an answer");
      }
      if (c != '\r') {
        line.append((char) c);
      }
    }
    return line.toString();
  }
}
