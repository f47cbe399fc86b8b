package dev.vl4j.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.errors.InternalServerException;
import com.openai.errors.UnauthorizedException;
import com.openai.models.embeddings.EmbeddingCreateParams;
import com.openai.models.models.Model;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** OpenAI's client for Java. */
class OpenAiTest {
  @AutoClose private static final DemoServer server = new DemoServer();

  private static OpenAIClient client(String key) {
    return OpenAIOkHttpClient.builder()
        .baseUrl(server.address() + "/v1")
        .apiKey(key)
        .maxRetries(0)
        .responseValidation(true)
        .build();
  }

  @Test
  void models() {
    OpenAIClient client = client(DemoServer.KEY);
    try {
      List<Model> models = client.models().list().data();
      assertThat(models).hasSize(1);
      assertThat(models.getFirst().id()).isEqualTo("demo");
      assertThat(models.getFirst().ownedBy()).isEqualTo("vllm");
    } finally {
      client.close();
    }
  }

  @Test
  void embeddingsAreNotWhatARerankerHas() {
    OpenAIClient client = client(DemoServer.KEY);
    try {
      InternalServerException refused =
          catchThrowableOfType(
              InternalServerException.class,
              () ->
                  client
                      .embeddings()
                      .create(EmbeddingCreateParams.builder().model("demo").input("a").build()));
      assertThat(refused.statusCode()).isEqualTo(501);
      assertThat(refused).hasMessageContaining("The model does not support Embeddings API");
      assertThat(refused.type()).contains("NotImplementedError");
    } finally {
      client.close();
    }
  }

  @Test
  void withoutTheKey() {
    OpenAIClient client = client("another-key");
    try {
      UnauthorizedException refused =
          catchThrowableOfType(UnauthorizedException.class, () -> client.models().list());
      assertThat(refused.statusCode()).isEqualTo(401);
    } finally {
      client.close();
    }
  }
}
