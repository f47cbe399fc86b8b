package dev.vl4j.server.cli;

import dev.vl4j.fuzz.Scratch;
import dev.vl4j.fuzz.Target;

/** Files for {@code --chat-template}. */
public final class ChatTemplateTarget {
  private ChatTemplateTarget() {}

  public static Target.Reader reader(Scratch scratch) {
    return input -> {
      try {
        Object _ = ChatTemplate.read(scratch.file("template.jinja", input).toString());
      } catch (CliException e) {
        if (e.getMessage() == null) {
          throw new AssertionError("a refusal without a reason", e);
        }
      }
    };
  }
}
