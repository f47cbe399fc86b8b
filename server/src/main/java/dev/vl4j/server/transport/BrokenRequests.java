package dev.vl4j.server.transport;

import dev.vl4j.server.api.ApiException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Set;
import org.eclipse.jetty.http.HttpException;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/** Answers what is no request of HTTP/1, with errors as routes have them, in words. */
final class BrokenRequests implements Request.Handler {
  /** Where a head's first line was not understood, Jetty says this for its target. */
  private static final String NO_PATH = "/badMessage";

  /** What Jetty answers to versions of HTTP that it does not speak; HTTP/2 is one. */
  private static final Set<Integer> VERSIONS =
      Set.of(HttpStatus.UPGRADE_REQUIRED_426, HttpStatus.HTTP_VERSION_NOT_SUPPORTED_505);

  private static final System.Logger LOG = System.getLogger(BrokenRequests.class.getName());

  private final HttpListener.Handler handler;

  /**
   * @param handler is told
   */
  BrokenRequests(HttpListener.Handler handler) {
    this.handler = handler;
  }

  @Override
  public boolean handle(Request request, Response response, Callback callback) {
    Object cause = request.getAttribute(ErrorHandler.ERROR_EXCEPTION);
    ClientConnection connection = HttpListener.connection(request);
    if (cause instanceof OverException || cause instanceof IOException || !connection.isOpen()) {
      callback.failed(new OverException("there is nobody to answer"));
      return true;
    }
    ApiException failure = failure(request, response.getStatus(), cause);
    Reply reply = Reply.error(failure);
    connection.end(true);
    response.setStatus(reply.status());
    response.getHeaders().put(HttpHeader.CONTENT_TYPE, reply.contentType());
    response.getHeaders().put(HttpHeader.CONNECTION, "close");
    response.write(true, ByteBuffer.wrap(reply.body()), callback);
    String path = request.getHttpURI().getPath();
    boolean line = path != null && !path.equals(NO_PATH);
    handler.refused(
        connection.peer(), line ? request.getMethod() : "-", line ? path : "-", failure);
    return true;
  }

  private static ApiException failure(Request request, int status, @Nullable Object cause) {
    if (cause instanceof HttpException http && VERSIONS.contains(http.getCode())) {
      return of(
          HttpStatus.HTTP_VERSION_NOT_SUPPORTED_505,
          "HTTP/1.1 and HTTP/1.0 are spoken here, and no other version");
    }
    if (cause instanceof HttpException http) {
      return of(http.getCode(), words(http, request));
    }
    if (cause instanceof Throwable unforeseen) {
      LOG.log(System.Logger.Level.ERROR, "a request could not be handled", unforeseen);
      return of(500, "unexpected " + unforeseen.getClass().getSimpleName());
    }
    return of(status, HttpStatus.getMessage(status));
  }

  private static ApiException of(int status, String message) {
    return ApiException.of(status, HttpStatus.getMessage(status), message);
  }

  /** Jetty's reasons are for those who know its parser. */
  private static String words(HttpException cause, Request request) {
    int head = request.getConnectionMetaData().getHttpConfiguration().getRequestHeaderSize();
    return switch (cause.getCode()) {
      case HttpStatus.URI_TOO_LONG_414 ->
          "the request's target is too long: a head has %d bytes at most".formatted(head);
      case HttpStatus.REQUEST_HEADER_FIELDS_TOO_LARGE_431 ->
          "the request's head is longer than %d bytes".formatted(head);
      case HttpStatus.EXPECTATION_FAILED_417 -> "Expect: only 100-continue can be met";
      default -> words(String.valueOf(cause.getReason()));
    };
  }

  private static String words(String reason) {
    String what =
        switch (reason) {
          case "No Host" -> "it has no Host header";
          case "Duplicate Host Header" -> "it has more than one Host header";
          case "Blank Host" -> "its Host header is empty";
          case "Bad HostPort", "Bad Authority" -> "its Host header is no host and port";
          case "No URI", "No URI " -> "its first line has no target";
          case "Bad URI path" -> "its target is neither a path nor a URL";
          case "Line Folding not supported" -> "a header begins with white space or has no name";
          case "Multiple Content-Lengths" -> "it has more than one Content-Length";
          case "Invalid Content-Length Value" -> "its Content-Length is no number of bytes";
          case "Transfer-Encoding and Content-Length" ->
              "it has Content-Length and Transfer-Encoding";
          case "Bad EOL" -> "it has a carriage return without a line feed";
          case "LF line terminator in header" -> "it has a line feed without a carriage return";
          case "Illegal character CNTL=0x16" ->
              "it begins as TLS does, which is not spoken here: http, not https";
          default -> reason.startsWith("Illegal character") ? illegal(reason) : other(reason);
        };
    return "not a request of HTTP/1.1: " + what;
  }

  private static String illegal(String reason) {
    String character = reason.substring(reason.lastIndexOf('=') + 1);
    return character.equals("0xa")
        ? "a line ends too early"
        : "its head has " + character + " where that may not be";
  }

  private static String other(String reason) {
    if (reason.startsWith("Bad Transfer-Encoding")) {
      return "its Transfer-Encoding is not chunked alone";
    }
    return reason.equals("Bad Request") || reason.equals("null")
        ? "its target or a header is malformed"
        : reason;
  }
}
