package dev.vl4j.server.cli;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChatTemplateTest {
  /** The template that vLLM ships for this model. */
  static final String VLLM =
      """
      <|im_start|>system
      Judge whether the Document meets the requirements based on the Query and the Instruct provided. Note that the answer can only be "yes" or "no".<|im_end|>
      <|im_start|>user
      <Instruct>: {{
          messages
          | selectattr("role", "eq", "system")
          | map(attribute="content")
          | first
          | default("Given a search query, retrieve relevant candidates that answer the query.")
      }}<Query>:{{
          messages
          | selectattr("role", "eq", "query")
          | map(attribute="content")
          | first
      }}
      <Document>:{{
          messages
          | selectattr("role", "eq", "document")
          | map(attribute="content")
          | first
      }}<|im_end|>
      <|im_start|>assistant

      """;

  @TempDir Path folder;

  private void check(String template) throws IOException {
    ChatTemplate.check(Files.writeString(folder.resolve("t.jinja"), template).toString());
  }

  @Test
  void vllmsOwn() {
    assertThatCode(() -> check(VLLM)).doesNotThrowAnyException();
    assertThatCode(() ->
            check(
                VLLM.replaceAll(
                    "(?s)<Instruct>: \\{\\{.*?\\}\\}",
                    "<Instruct>: {{ instruction | default(instruct | default(messages |"
                        + " selectattr(\"role\", \"eq\", \"system\") | map(attribute=\"content\") |"
                        + " first | default(\"Given a search query, retrieve relevant candidates"
                        + " that answer the query.\", true), true), true) }}")))
        .doesNotThrowAnyException();
  }

  @Test
  void aLineBreakTooFewOrTooMany() {
    assertThatThrownBy(() -> check(VLLM.stripTrailing() + "\n"))
        .isInstanceOf(CliException.class)
        .hasMessageContaining("ends in 1 line breaks");
    assertThatThrownBy(() -> check(VLLM + "\n")).hasMessageContaining("ends in 3 line breaks");
  }

  @Test
  void others() {
    for (String other :
        new String[] {
          "",
          VLLM.replace("<Query>:{{", "\n<Query>: {{"),
          VLLM.replace("search query,", "web search query,"),
          VLLM.replace("retrieve relevant", "retrieverelevant"),
          VLLM.replace("\"eq\", \"document\"", "\"eq\", \"query\""),
        }) {
      assertThatThrownBy(() -> check(other)).hasMessageContaining("only Qwen3-VL-Reranker's");
    }
  }
}
