package dev.vl4j.server.http;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Requests as bytes on a connection: whole ones with mutated bodies, and ones of broken HTTP. */
final class WireMutator {
  /**
   * What is sent.
   *
   * @param whole whether it is one request of proper HTTP, behind which the connection may go on
   * @param plain whether it is one that any client of the API might send, but for its body
   */
  @SuppressWarnings("ArrayRecordComponent") // handed through, never compared
  record Sent(byte[] bytes, boolean whole, boolean plain) {
    /** All of it; several requests may be behind one another. */
    String text() {
      return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    @Override
    public String toString() {
      return text().substring(0, Math.min(bytes.length, 1500));
    }
  }

  private final Random random;
  private final BodyMutator bodies;

  WireMutator(Random random) {
    this.random = random;
    bodies = new BodyMutator(random);
  }

  Sent next() {
    BodyMutator.Body body = bodies.next();
    return switch (random.nextInt(40)) {
      case 0 -> broken(body);
      case 1 -> new Sent(chunked(body, true), false, false);
      case 2 -> new Sent(chunked(body, false), true, true);
      case 3 ->
          new Sent(
              request(oneOf("GET", "PUT", "DELETE", "OPTIONS", "PATCH", "BREW"), body),
              true,
              false);
      case 4 -> new Sent(request("POST", body, "Content-Type: " + type()), true, false);
      case 5 -> new Sent(request("POST", body, json(), header()), true, false);
      case 6 -> pipelined(body);
      default -> new Sent(request("POST", body, json()), true, true);
    };
  }

  private static String json() {
    return "Content-Type: application/json";
  }

  private String oneOf(String... values) {
    return values[random.nextInt(values.length)];
  }

  private String type() {
    return oneOf(
        "text/plain",
        "",
        ";",
        "application/json;charset=utf-16",
        "application/JSON",
        "multipart/form-data",
        "\u00e9",
        "application/json; =",
        "application/json, text/html");
  }

  private String header() {
    return oneOf(
        "X-Request-Id: \u0001",
        "X-Request-Id: " + "x".repeat(500),
        "Content-Encoding: gzip",
        "Expect: 100-continue",
        "Accept: text/html",
        "Authorization: Bearer ",
        "Accept-Encoding: gzip, br",
        "Connection: close, keep-alive",
        "Cookie: " + "a=b; ".repeat(200),
        "X-" + "y".repeat(300) + ": 1",
        "Host: other",
        "Accept: */*;q=x");
  }

  private static byte[] request(String method, BodyMutator.Body body, String... headers) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(head(method, body.path(), headers));
    out.writeBytes(ascii("Content-Length: " + body.bytes().length + "\r\n\r\n"));
    out.writeBytes(body.bytes());
    return out.toByteArray();
  }

  private static byte[] head(String method, String path, String... headers) {
    StringBuilder head =
        new StringBuilder(method + " " + path + " HTTP/1.1\r\nHost: localhost\r\n");
    for (String header : headers) {
      head.append(header).append("\r\n");
    }
    return ascii(head.toString());
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private byte[] chunked(BodyMutator.Body body, boolean broken) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(head("POST", body.path(), json(), "Transfer-Encoding: chunked"));
    out.writeBytes(ascii("\r\n"));
    int at = 0;
    while (at < body.bytes().length) {
      int size = Math.min(body.bytes().length - at, 1 + random.nextInt(400));
      String length = Integer.toHexString(size);
      if (broken && random.nextInt(3) == 0) {
        length =
            oneOf(
                "zz", "-1", "FFFFFFFFFFFF", "", "7fffffff", length + "0", "0", " " + length, "0x5");
      }
      out.writeBytes(ascii(length + (broken && random.nextInt(9) == 0 ? ";a=b" : "") + "\r\n"));
      out.write(body.bytes(), at, size);
      out.writeBytes(ascii(broken && random.nextInt(6) == 0 ? "\n" : "\r\n"));
      at += size;
    }
    out.writeBytes(ascii("0\r\n\r\n"));
    return out.toByteArray();
  }

  private Sent broken(BodyMutator.Body body) {
    byte[] whole = request("POST", body, json());
    int head = whole.length - body.bytes().length;
    switch (random.nextInt(8)) {
      case 0 -> { // any byte of the head
        whole[random.nextInt(head)] = (byte) random.nextInt(256);
      }
      case 1 -> {
        return new Sent(Arrays.copyOf(whole, random.nextInt(whole.length)), false, false);
      }
      case 2 -> {
        return raw(
            oneOf(
                "GARBAGE\r\n\r\n",
                "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                "\r\n\r\n\r\n",
                "\0\0\0\0",
                "GET / HTTP/9.9\r\nHost: a\r\n\r\n",
                "GET /\r\n\r\n",
                "GET  / HTTP/1.1\r\n\r\n",
                "\u0016\u0003\u0001",
                "GET /" + "a".repeat(9000) + " HTTP/1.1\r\nHost: a\r\n\r\n",
                "POST /v1/rerank HTTP/1.0\r\n\r\n"));
      }
      default -> {
        String length =
            oneOf(
                "-1",
                "99999999999999999999",
                "abc",
                "1, 2",
                "+5",
                "0x10",
                "5 ",
                Integer.toString(body.bytes().length + 1 + random.nextInt(50)),
                Integer.toString(random.nextInt(body.bytes().length + 1)),
                body.bytes().length + "\r\nContent-Length: 3",
                body.bytes().length + "\r\nTransfer-Encoding: chunked",
                body.bytes().length + "\r\nX: " + "y".repeat(20_000));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(head("POST", body.path(), json(), "Content-Length: " + length));
        out.writeBytes(ascii("\r\n"));
        out.writeBytes(body.bytes());
        return new Sent(out.toByteArray(), false, false);
      }
    }
    return new Sent(whole, false, false);
  }

  private static Sent raw(String text) {
    return new Sent(ascii(text), false, false);
  }

  private Sent pipelined(BodyMutator.Body body) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int left = 2 + random.nextInt(3); left > 0; left--) {
      out.writeBytes(request("POST", body, json()));
    }
    for (String path : List.of("/health", "/v1/models")) {
      out.writeBytes(head("GET", path));
      out.writeBytes(ascii("\r\n"));
    }
    return new Sent(out.toByteArray(), false, false);
  }
}
