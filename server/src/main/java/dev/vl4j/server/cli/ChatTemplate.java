package dev.vl4j.server.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * {@code --chat-template}: the template that vLLM needs for this model is built in, so a file that
 * says the same is accepted, and any other refused.
 *
 * <p>Jinja drops one line break at the end of a file, and the model wants one behind its last word.
 * A file that ends in a single one would leave it out and change every score.
 */
final class ChatTemplate {
  private static final String OPTION = "--chat-template";
  private static final String KNOWN =
      """
      <|im_start|>system
      Judge whether the Document meets the requirements based on the Query and the Instruct provided. Note that the answer can only be "yes" or "no".<|im_end|>
      <|im_start|>user
      <Instruct>: {{ instruction | default(instruct | default(messages | selectattr("role", "eq", "system") | map(attribute="content") | first | default("Given a search query, retrieve relevant candidates that answer the query.", true), true), true) }}<Query>:{{
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
      <|im_start|>assistant\
      """;
  private static final String OLDER_INSTRUCTION =
      """
      {{ messages | selectattr("role", "eq", "system") | map(attribute="content") | first | default("Given a search query, retrieve relevant candidates that answer the query.") }}\
      """;

  private ChatTemplate() {}

  /**
   * @throws CliException if a file's template is not the built-in one
   */
  static void check(String file) {
    String template = read(file);
    String words = template.stripTrailing();
    if (!compact(words).equals(compact(KNOWN)) && !compact(words).equals(compact(older()))) {
      throw new CliException(
          OPTION + " " + file + ": only Qwen3-VL-Reranker's template is supported; it is built in");
    }
    int breaks = template.length() - words.length();
    if (breaks != 2) {
      throw new CliException(
          ("%s %s: the file ends in %d line breaks; Jinja drops one of them, and the model wants"
                  + " exactly one left, so 2 are needed (or leave the option out)")
              .formatted(OPTION, file, breaks));
    }
  }

  private static String older() {
    int start = KNOWN.indexOf("{{ instruction");
    int end = KNOWN.indexOf("<Query>:");
    return KNOWN.substring(0, start) + OLDER_INSTRUCTION + KNOWN.substring(end);
  }

  /** Without the blanks that do not matter: those inside of expressions, outside of strings. */
  private static String compact(String template) {
    StringBuilder out = new StringBuilder();
    boolean expression = false;
    boolean string = false;
    for (int i = 0; i < template.length(); i++) {
      char c = template.charAt(i);
      if (!string && template.startsWith(expression ? "}}" : "{{", i)) {
        expression = !expression;
      }
      string ^= expression && c == '"';
      if (!expression || string || !Character.isWhitespace(c)) {
        out.append(c);
      }
    }
    return out.toString();
  }

  private static String read(String file) {
    try {
      return Files.readString(Path.of(file));
    } catch (NoSuchFileException e) {
      throw new CliException(OPTION + ": no such file: " + file, e);
    } catch (IOException | InvalidPathException e) {
      throw new CliException(OPTION + ": cannot read " + file + ": " + Errors.message(e), e);
    }
  }
}
