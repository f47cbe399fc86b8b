package dev.vl4j.server.media;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.opentest4j.TestAbortedException;

/** A server that answers as a test says, down to the byte. */
public final class ImageServer implements AutoCloseable {
  /** What becomes of a connection whose request has been read. */
  @FunctionalInterface
  public interface Answer {
    void write(Socket client, OutputStream out) throws IOException, InterruptedException;

    /** Bytes as they are. */
    static Answer of(byte[]... parts) {
      return (_, out) -> {
        for (byte[] part : parts) {
          out.write(part);
        }
      };
    }

    /** Text as it stands there. */
    static Answer of(String text) {
      return of(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** A file, as servers send it. */
    static Answer file(String type, byte[] content) {
      String head =
          "HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n"
              .formatted(type, content.length);
      return of(head.getBytes(StandardCharsets.ISO_8859_1), content);
    }

    static Answer redirect(int status, String location) {
      return of(
          "HTTP/1.1 %d Elsewhere\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n"
              .formatted(status, location));
    }

    /** Says nothing until the client hangs up. */
    static Answer silence(Runnable whenGone) {
      return (client, _) -> {
        try {
          while (client.getInputStream().read() >= 0) {
            // Nothing is expected.
          }
        } catch (IOException _) {
          // Gone as well, only less politely.
        }
        whenGone.run();
      };
    }
  }

  /** Requests as they came: request line and headers. */
  public final List<String> requests = new CopyOnWriteArrayList<>();

  private final ServerSocket socket;
  private final Set<Socket> clients = ConcurrentHashMap.newKeySet();
  private volatile Answer answer;

  private ImageServer(ServerSocket socket, Answer answer) {
    this.socket = socket;
    this.answer = answer;
    Thread.ofVirtual().start(this::accept);
  }

  /** Listens at any port of this machine. */
  public static ImageServer start(Answer answer) {
    return at("127.0.0.1", 0, answer);
  }

  private static ImageServer at(String address, int port, Answer answer) {
    try {
      return on(new ServerSocket(port, 50, InetAddress.ofLiteral(address)), answer);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Listens at the same port as another server, at 127.0.0.2, which not all systems have. */
  static ImageServer beside(ImageServer other, Answer answer) {
    try {
      return at("127.0.0.2", other.port(), answer);
    } catch (UncheckedIOException e) {
      throw new TestAbortedException(
          "nothing can listen at 127.0.0.2: not tested where rebound names lead", e);
    }
  }

  static ImageServer on(ServerSocket socket, Answer answer) {
    return new ImageServer(socket, answer);
  }

  /** What is answered from now on. */
  public void answer(Answer answer) {
    this.answer = answer;
  }

  public int port() {
    return socket.getLocalPort();
  }

  InetSocketAddress address() {
    return new InetSocketAddress(socket.getInetAddress(), port());
  }

  public String url(String path) {
    return "http://127.0.0.1:" + port() + path;
  }

  private void accept() {
    try {
      while (true) {
        Socket client = socket.accept();
        clients.add(client);
        Thread.ofVirtual().start(() -> serve(client));
      }
    } catch (IOException _) {
      // Closed.
    }
  }

  private void serve(Socket client) {
    try (client) {
      requests.add(head(client.getInputStream()));
      OutputStream out = client.getOutputStream();
      answer.write(client, out);
      out.flush();
    } catch (IOException | InterruptedException _) {
      // The client does not want more.
    } finally {
      clients.remove(client);
    }
  }

  private static String head(InputStream in) throws IOException {
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    while (!head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
      int octet = in.read();
      if (octet < 0) {
        throw new IOException("no request");
      }
      head.write(octet);
    }
    return head.toString(StandardCharsets.ISO_8859_1);
  }

  @Override
  public void close() {
    try {
      socket.close();
      for (Socket client : clients) {
        client.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
