package dev.vl4j.server.transport;

import dev.vl4j.server.api.ApiException;
import java.util.List;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.server.Request;

/** How a body comes over the wire: what is left to check when Jetty has read the head. */
final class Framing {
  private Framing() {}

  /**
   * The coding of a request's body.
   *
   * @throws ApiException if it is none that is known here, or is sent in a way that is not known
   */
  static ContentCoding coding(Request request) {
    requireChunked(request);
    List<String> values = request.getHeaders().getValuesList(HttpHeader.CONTENT_ENCODING);
    ContentCoding coding = ContentCoding.of(values);
    if (coding == null) {
      throw ApiException.of(
          415,
          "Unsupported Media Type",
          "Content-Encoding: expected identity, or one of %s, found %s"
              .formatted(ContentCoding.ACCEPTED, String.join(", ", values)));
    }
    return coding;
  }

  private static void requireChunked(Request request) {
    String transfer = request.getHeaders().get(HttpHeader.TRANSFER_ENCODING);
    if (transfer == null) {
      return;
    }
    if (!transfer.equalsIgnoreCase("chunked")) {
      throw ApiException.of(
          501, "NotImplementedError", "Transfer-Encoding: expected chunked, found " + transfer);
    }
    if (request.getConnectionMetaData().getHttpVersion() == HttpVersion.HTTP_1_0) {
      throw ApiException.of(400, "Bad Request", "HTTP/1.0 has no Transfer-Encoding");
    }
  }
}
