package dev.vl4j.server.http;

import static dev.vl4j.server.http.LiveServer.assertError;
import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.engine.ModelOptions;
import dev.vl4j.engine.Reranker;
import dev.vl4j.server.OddModels;
import dev.vl4j.server.http.LiveServer.Answer;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A model whose weights are no numbers is an error of every endpoint that judges, not a score. */
class NoScoreTest {
  @TempDir Path directory;

  @Test
  void everyEndpointSaysSo() throws IOException, InterruptedException {
    Path model = OddModels.withoutNumbers(directory.resolve("model"));
    String documents = "{'query':'q','documents':['a','b']}";
    try (Reranker reranker = Reranker.open(model, ModelOptions.DEFAULT.withThreads(1));
        LiveServer server = LiveServer.of(reranker)) {
      for (String[] request :
          new String[][] {
            {"/rerank", documents},
            {"/v1/rerank", documents},
            {"/v2/rerank", documents},
            {"/v1/rerank/explain", documents},
            {"/score", "{'queries':'q','documents':['a','b']}"},
            {"/classify", "{'input':['a','b']}"},
            {"/pooling", "{'input':[[5,6],[7]]}"},
          }) {
        Answer answer = server.post(request[0], request[1]);
        assertError(answer, 500, "InternalServerError", "computed NaN in the place of a score");
        assertThat(answer.text()).as(request[0]).doesNotContain("\"NaN\"");
      }
      server.awaitLog("status=500");
      assertThat(server.get("/health").status()).isEqualTo(200);
    }
  }
}
