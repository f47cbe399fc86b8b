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

/** The documents of a command line, in the order in which they are named. */
final class DocumentArguments {
  /** One document, or the images of one folder or pattern. */
  sealed interface Argument {}

  record Text(String text) implements Argument {}

  /** What {@link ImagePattern} makes files of. */
  record Images(String pattern) implements Argument {}

  /** A video file. */
  record VideoFile(String file) implements Argument {}

  /** A PDF file, each of whose pages is a document. */
  record Pages(String file) implements Argument {}

  private static final String DOCUMENT = "--document";
  private static final String IMAGE = "--image";
  private static final String VIDEO = "--video";
  private static final String DOCUMENT_FILE = "--document-file";

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
              + " --document. What a folder has beside images is left out.")
  @Nullable String image;

  @Option(
      names = VIDEO,
      paramLabel = "FILE...",
      parameterConsumer = Words.class,
      description = "Videos, for which the library vl4j-ffmpeg has to be there; repeatable.")
  @Nullable String video;

  @Option(
      names = DOCUMENT_FILE,
      paramLabel = "FILE.pdf...",
      parameterConsumer = Words.class,
      description = "PDF files, each page of which is a document; repeatable.")
  @Nullable String documentFile;

  List<Argument> given() {
    return List.copyOf(given);
  }

  /**
   * Takes the words behind an option. Those that are files end at the next option, because shells
   * make many words of a pattern without quotes.
   */
  static final class Words implements IParameterConsumer {
    @Override
    @SuppressWarnings("JdkObsolete") // picocli's type
    public void consumeParameters(Stack<String> args, ArgSpec option, CommandSpec command) {
      DocumentArguments arguments = owner(option);
      String name = ((OptionSpec) option).names()[0];
      boolean text = name.equals(DOCUMENT);
      do {
        if (args.isEmpty()) {
          throw new MissingParameterException(
              command.commandLine(),
              option,
              "Missing required parameter for option '%s' (%s)"
                  .formatted(name, option.paramLabel()));
        }
        String word = args.pop();
        arguments.given.add(argument(name, word));
      } while (!text && !args.isEmpty() && !args.peek().startsWith("-"));
    }

    private static Argument argument(String option, String word) {
      return switch (option) {
        case DOCUMENT -> new Text(word);
        case IMAGE -> new Images(word);
        case VIDEO -> new VideoFile(word);
        case DOCUMENT_FILE -> new Pages(word);
        default -> throw new IllegalStateException("no documents: " + option);
      };
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
