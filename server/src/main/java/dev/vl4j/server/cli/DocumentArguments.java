package dev.vl4j.server.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Stack;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.IParameterConsumer;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;

/** The documents of a command line: texts and images, in the order in which they are named. */
final class DocumentArguments {
  /** One document, or the images of one folder or pattern. */
  sealed interface Argument {}

  record Text(String text) implements Argument {}

  /** What {@link ImagePattern} makes files of. */
  record Images(String pattern) implements Argument {}

  private static final String DOCUMENT = "--document";
  private static final String IMAGE = "--image";

  private final List<Argument> given = new ArrayList<>();

  @Option(
      names = DOCUMENT,
      paramLabel = "TEXT",
      parameterConsumer = Words.class,
      description = "A text; repeatable.")
  @Nullable String document; // The consumer adds to the list instead, which keeps the order.

  @Option(
      names = IMAGE,
      paramLabel = "FILE|FOLDER|PATTERN...",
      parameterConsumer = Words.class,
      description =
          "Images: files, all images in a folder, or all that a pattern such as"
              + " 'shots/*.png' or 'shots/**' matches, sorted by name; repeatable, in order with"
              + " --document.")
  @Nullable String image;

  List<Argument> given() {
    return List.copyOf(given);
  }

  /**
   * Takes the words behind an option. Those of {@code --image} end at the next option, because
   * shells make many words of a pattern without quotes.
   */
  static final class Words implements IParameterConsumer {
    @Override
    @SuppressWarnings("JdkObsolete") // picocli's type
    public void consumeParameters(Stack<String> args, ArgSpec option, CommandSpec command) {
      DocumentArguments arguments = owner(option);
      boolean text = List.of(((OptionSpec) option).names()).contains(DOCUMENT);
      do {
        if (args.isEmpty()) {
          throw new MissingParameterException(
              command.commandLine(),
              option,
              "Missing required parameter for option '%s' (%s)"
                  .formatted(text ? DOCUMENT : IMAGE, option.paramLabel()));
        }
        String word = args.pop();
        arguments.given.add(text ? new Text(word) : new Images(word));
      } while (!text && !args.isEmpty() && !args.peek().startsWith("-"));
    }

    private static DocumentArguments owner(ArgSpec option) {
      try {
        return option.scope().get();
      } catch (Exception e) {
        throw new IllegalStateException(e); // a field's owner is always there
      }
    }
  }
}
