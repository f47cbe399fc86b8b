package dev.vl4j.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.server.process.JavaCommand;
import dev.vl4j.server.process.ServerProcess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Pages of PDF files are drawn in processes that a server starts, and ends. */
@Timeout(120)
class HostilePagesTest {
  private static final String TEXT = "BT /F 10 Tf 10 50 Td (A) Tj ET";

  /** A font whose codes have no bytes: PDFBox reads one after the other, for ever. */
  private static final String FONT =
      """
      5 0 obj << /Type /Font /Subtype /Type0 /BaseFont /X /Encoding 6 0 R /DescendantFonts [<<
      /Type /Font /Subtype /CIDFontType2 /BaseFont /X /FontDescriptor << /Type /FontDescriptor
      /FontName /X /Flags 4 >> >>] >> endobj
      6 0 obj << /Length 56 >> stream
      1 begincodespacerange <> <> endcodespacerange endcmap
      endstream endobj
      """;

  private static String body(String contents, String font) {
    String file =
        """
        %%PDF-1.4
        1 0 obj << /Type /Catalog /Pages 2 0 R >> endobj
        2 0 obj << /Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 200 100] >> endobj
        3 0 obj << /Type /Page /Parent 2 0 R /Contents 4 0 R
        /Resources << /Font << /F 5 0 R >> >> >> endobj
        4 0 obj << /Length %d >> stream
        %s
        endstream endobj
        %strailer << /Root 1 0 R >>
        """
            .formatted(contents.length(), contents, font);
    String url =
        "data:application/pdf;base64,%s#page=1"
            .formatted(
                Base64.getEncoder().encodeToString(file.getBytes(StandardCharsets.US_ASCII)));
    return """
    {"query": "q", "documents": {"content": [{"type": "image_url", "image_url": {"url": "%s"}}]}}
    """
        .formatted(url);
  }

  private static List<ProcessHandle> started(ServerProcess server) {
    return server.handle().children().toList();
  }

  private static int status(ServerProcess server, HttpClient client, String body)
      throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:%d/rerank".formatted(server.port())))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    return client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
  }

  @Test
  void aPageWithoutAnEnd() throws IOException, InterruptedException {
    String endless = body(TEXT, FONT);
    try (ServerProcess server =
            ServerProcess.start(JavaCommand.serveDemo().withOptions(JavaCommand.BRIEF));
        HttpClient client = HttpClient.newHttpClient()) {
      ProcessHandle process;
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
        socket
            .getOutputStream()
            .write(
                "POST /rerank HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
                    .formatted(endless.length(), endless)
                    .getBytes(StandardCharsets.US_ASCII));
        while (started(server).isEmpty()) {
          Thread.sleep(10);
        }
        process = started(server).getFirst();
      }
      process.onExit().join(); // since its client has left
      assertThat(status(server, client, body("10 10 100 50 re f", ""))).isEqualTo(200);
      assertThat(started(server)).hasSize(1).doesNotContain(process);
      server.terminate();
      assertThat(server.exitCode()).isZero();
    }
  }
}
