package dev.vl4j.server.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vl4j.engine.RerankTemplate;
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

  private static final String NEWER =
      VLLM.replaceAll(
          "(?s)<Instruct>: \\{\\{.*?\\}\\}",
          "<Instruct>: {{ instruction | default(instruct | default(messages |"
              + " selectattr('role', 'eq', 'system') | map(attribute=\"content\") | first |"
              + " default(\"Given a search query, retrieve relevant candidates that answer the"
              + " query.\", true), true), true) }}");

  @TempDir Path folder;

  private RerankTemplate read(String template) throws IOException {
    return ChatTemplate.read(Files.writeString(folder.resolve("t.jinja"), template).toString());
  }

  @Test
  void vllmsOwn() throws IOException {
    for (String same : new String[] {VLLM, NEWER, VLLM.replace("\n", "\r\n")}) {
      RerankTemplate template = read(same);
      assertThat(template).isEqualTo(RerankTemplate.QWEN3_VL);
      assertThat(ChatTemplate.note("f", template)).isNull();
    }
  }

  @Test
  void jinjaDropsTheLastLineBreak() throws IOException {
    for (String ending : new String[] {"", "\n"}) {
      RerankTemplate template = read(VLLM.stripTrailing() + ending);
      assertThat(template.pieces().getLast())
          .isEqualTo(new RerankTemplate.Literal("<|im_end|>\n<|im_start|>assistant"));
      assertThat(ChatTemplate.note("f", template)).contains("f", "lack the line break");
    }
    RerankTemplate longer = read(VLLM + "\n");
    assertThat(longer.pieces().getLast())
        .isEqualTo(new RerankTemplate.Literal("<|im_end|>\n<|im_start|>assistant\n\n"));
    assertThat(ChatTemplate.note("f", longer)).contains("not the template");
  }

  @Test
  void otherWords() throws IOException {
    RerankTemplate template =
        read(VLLM.replace("Judge", "Say").replace("search query,", "web search query,"));
    assertThat(template.defaultInstruction()).startsWith("Given a web search query, retrieve");
    assertThat(((RerankTemplate.Literal) template.pieces().getFirst()).text())
        .contains("\nSay whe");
    assertThat(ChatTemplate.note("f", template)).contains("not the template");
  }

  @Test
  void moreOfJinja() {
    refuses("", "0 places for QUERY");
    refuses(VLLM + VLLM, "2 places for INSTRUCTION");
    refuses(VLLM.replace("\"eq\", \"document\"", "\"eq\", \"query\""), "2 places for QUERY");
    refuses(VLLM.replace("\"eq\", \"document\"", "\"eq\", \"user\""), "not supported: {{ messages");
    refuses("{% if x %}" + VLLM, "Jinja's {%");
    refuses("{# note #}" + VLLM, "Jinja's {#");
    refuses("{{ " + VLLM, "not supported: {{");
    refuses(VLLM.replace("Query>:{{", "Query>:{{-"), "blanks cut by {{-");
  }

  private void refuses(String template, String reason) {
    assertThatThrownBy(() -> read(template))
        .isInstanceOf(CliException.class)
        .hasMessageContaining(reason)
        .hasMessageContaining("t.jinja");
  }
}
