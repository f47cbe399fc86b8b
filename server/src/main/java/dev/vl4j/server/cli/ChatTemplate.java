package dev.vl4j.server.cli;

import dev.vl4j.engine.RerankTemplate;
import dev.vl4j.engine.RerankTemplate.Literal;
import dev.vl4j.engine.RerankTemplate.Piece;
import dev.vl4j.engine.RerankTemplate.Placeholder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * {@code --chat-template}: the part of Jinja that templates of this model are written in. That is
 * text, and the three expressions with which vLLM's example picks the instruction, the query and
 * the document.
 */
final class ChatTemplate {
  private static final String OPTION = "--chat-template";
  private static final Pattern EXPRESSION = Pattern.compile("\\{\\{-?(.*?)-?}}", Pattern.DOTALL);

  // Expressions without the blanks between their words.
  private static final String QUERY = picked("query");
  private static final String DOCUMENT = picked("document");
  private static final Pattern INSTRUCTION = instruction();

  private final String file;

  private ChatTemplate(String file) {
    this.file = file;
  }

  /**
   * Reads a file.
   *
   * @throws CliException if it is not there, or holds more of Jinja than that
   */
  static RerankTemplate read(String file) {
    return new ChatTemplate(file).parse(text(file));
  }

  /** What users should know of a template, or null if it is the model's own. */
  static @Nullable String note(String file, RerankTemplate template) {
    if (template.equals(RerankTemplate.QWEN3_VL) || template.equals(RerankTemplate.QWEN3)) {
      return null;
    }
    if (template.pieces().equals(withoutLastBreak())) {
      return ("%s %s: prompts will lack the line break at their end that the model was trained on, as"
              + " Jinja drops the last one of a file; an empty line at its end, or no %s, gives the"
              + " model's own scores")
          .formatted(OPTION, file, OPTION);
    }
    return OPTION + " " + file + ": this is not the template that the model was trained on";
  }

  private static List<Piece> withoutLastBreak() {
    List<Piece> pieces = new ArrayList<>(RerankTemplate.QWEN3_VL.pieces());
    if (pieces.removeLast() instanceof Literal words) {
      pieces.add(new Literal(words.text().stripTrailing()));
    }
    return pieces;
  }

  private RerankTemplate parse(String source) {
    String template = source.endsWith("\n") ? source.substring(0, source.length() - 1) : source;
    List<Piece> pieces = new ArrayList<>();
    String defaultInstruction = RerankTemplate.QWEN3_VL.defaultInstruction();
    Matcher matcher = EXPRESSION.matcher(template);
    int start = 0;
    while (matcher.find()) {
      words(template.substring(start, matcher.start()), pieces);
      start = matcher.end();
      if (matcher.group().startsWith("{{-") || matcher.group().endsWith("-}}")) {
        throw refused("blanks cut by {{- or -}} are not supported");
      }
      String expression = compact(matcher.group(1));
      Matcher instruction = INSTRUCTION.matcher(expression);
      if (instruction.matches()) {
        pieces.add(Placeholder.INSTRUCTION);
        defaultInstruction = instruction.group("text");
      } else if (expression.equals(QUERY)) {
        pieces.add(Placeholder.QUERY);
      } else if (expression.equals(DOCUMENT)) {
        pieces.add(Placeholder.DOCUMENT);
      } else {
        throw refused("not supported: {{ " + Errors.oneLine(matcher.group(1)) + " }}");
      }
    }
    words(template.substring(start), pieces);
    try {
      return new RerankTemplate(pieces, defaultInstruction);
    } catch (IllegalArgumentException e) {
      throw refused(Errors.message(e));
    }
  }

  private void words(String text, List<Piece> pieces) {
    for (String mark : List.of("{{", "{%", "{#")) {
      if (text.contains(mark)) {
        throw refused("not supported: Jinja's " + mark);
      }
    }
    if (!text.isEmpty()) {
      pieces.add(new Literal(text));
    }
  }

  private CliException refused(String reason) {
    return new CliException(
        ("%s %s: %s; what is supported is text with the expressions of vLLM's"
                + " qwen3_vl_reranker.jinja, which is built in")
            .formatted(OPTION, file, reason));
  }

  private static String picked(String role) {
    return "messages|selectattr('role','eq','%s')|map(attribute='content')|first".formatted(role);
  }

  /**
   * vLLM's expression, which asks the request's template arguments first, or its older one, which
   * did not know them. Requests' instructions are heeded with both.
   */
  private static Pattern instruction() {
    String system = Pattern.quote(picked("system"));
    String text = "'(?<text>[^'\\\\]*)'";
    String older = system + Pattern.quote("|default(") + text + "(?:,true)?" + Pattern.quote(")");
    return Pattern.compile(
        "(?:%s)?%s(?:%s)?"
            .formatted(
                Pattern.quote("instruction|default(instruct|default("),
                older,
                Pattern.quote(",true),true)")));
  }

  /** Without the blanks that do not matter, and strings in single quotes. */
  private static String compact(String expression) {
    StringBuilder out = new StringBuilder();
    char quote = 0;
    for (int i = 0; i < expression.length(); i++) {
      char c = expression.charAt(i);
      if (quote == 0 && (c == '"' || c == '\'')) {
        quote = c;
        out.append('\'');
      } else if (quote != 0 && c == quote) {
        quote = 0;
        out.append('\'');
      } else if (quote != 0 || !Character.isWhitespace(c)) {
        out.append(c);
      }
    }
    return out.toString();
  }

  private static String text(String file) {
    try {
      return Files.readString(Path.of(file)).replace("\r\n", "\n");
    } catch (NoSuchFileException e) {
      throw new CliException(OPTION + ": no such file: " + file, e);
    } catch (IOException | InvalidPathException e) {
      throw new CliException(OPTION + ": cannot read " + file + ": " + Errors.message(e), e);
    }
  }
}
