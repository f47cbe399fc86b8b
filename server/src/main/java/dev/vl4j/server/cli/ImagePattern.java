package dev.vl4j.server.cli;

import dev.vl4j.engine.ImageSource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Stream;

/**
 * What an argument of {@code --image} names: a file, all images in a folder, or all images that a
 * pattern matches.
 *
 * <p>Patterns are a shell's: {@code *} and {@code ?} stand for characters of a name, {@code [...]}
 * for one of several, {@code {a,b}} for either, and {@code **} for any number of folders. As in a
 * shell, names that begin with a dot are matched by patterns that do.
 */
final class ImagePattern {
  private static final Pattern SPECIAL = Pattern.compile("[*?\\[{]");
  private static final String ANY_FOLDERS = "**";

  private final String argument;
  private final TreeSet<Path> images = new TreeSet<>();
  private int others;

  private ImagePattern(String argument) {
    this.argument = argument;
  }

  /**
   * The files, in the order of their names; a name that is no folder's and no pattern stays as it
   * is, whether there is such a file or not.
   *
   * @throws CliException if a folder or a pattern has no images, or cannot be read
   */
  static List<String> files(String argument) {
    return new ImagePattern(argument).files();
  }

  private List<String> files() {
    if (isFolder()) {
      Path folder = Path.of(argument);
      entries(folder, name -> !isHidden(name)).forEach(this::add);
      if (images.isEmpty()) {
        throw refused("no images in the folder " + argument + counted(folder));
      }
    } else if (isPattern()) {
      List<String> parts = parts();
      Path start = Path.of(parts.getFirst());
      match(start, parts.subList(1, parts.size()));
      if (images.isEmpty()) {
        throw refused("no images match " + argument + counted(start));
      }
    } else {
      return List.of(argument);
    }
    return images.stream().map(Path::toString).toList();
  }

  private boolean isFolder() {
    try {
      return !argument.isEmpty() && Files.isDirectory(Path.of(argument));
    } catch (InvalidPathException e) {
      return false; // as a pattern is on Windows
    }
  }

  /** A file may be called like a pattern. */
  private boolean isPattern() {
    try {
      return SPECIAL.matcher(argument).find() && !Files.exists(Path.of(argument));
    } catch (InvalidPathException e) {
      return true;
    }
  }

  /** The folder that the pattern begins in, and the parts of the pattern behind it. */
  private List<String> parts() {
    String separator = FileSystems.getDefault().getSeparator();
    String pattern = separator.equals("/") ? argument : argument.replace(separator, "/");
    String plain = SPECIAL.split(pattern, 2)[0];
    int start = plain.lastIndexOf('/') + 1;
    Stream<String> behind =
        Pattern.compile("/+")
            .splitAsStream(pattern.substring(start))
            .filter(part -> !part.isEmpty());
    return Stream.concat(Stream.of(pattern.substring(0, start)), behind).toList();
  }

  /** Adds what the parts of a pattern match in a folder. */
  private void match(Path folder, List<String> parts) {
    String part = parts.getFirst();
    boolean last = parts.size() == 1;
    List<String> rest = parts.subList(1, parts.size());
    if (part.equals(ANY_FOLDERS)) {
      match(folder, last ? List.of("*") : rest);
      // Links are not followed, since they may lead back.
      entries(folder, name -> !isHidden(name)).stream()
          .filter(entry -> Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS))
          .forEach(entry -> match(entry, parts));
      return;
    }
    for (Path entry : entries(folder, matcher(part))) {
      if (last) {
        add(entry);
      } else if (Files.isDirectory(entry)) {
        match(entry, rest);
      }
    }
  }

  private Predicate<Path> matcher(String part) {
    try {
      PathMatcher glob = FileSystems.getDefault().getPathMatcher("glob:" + part);
      return name -> (part.startsWith(".") || !isHidden(name)) && glob.matches(name);
    } catch (PatternSyntaxException e) {
      throw new CliException(
          "--image: not a pattern: %s (%s)".formatted(argument, e.getDescription()), e);
    }
  }

  /** What is in a folder under names of a kind; nothing if it is not there. */
  private List<Path> entries(Path folder, Predicate<Path> wanted) {
    if (!folder.toString().isEmpty() && !Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.filter(entry -> wanted.test(entry.getFileName())).toList();
    } catch (IOException | UncheckedIOException e) {
      throw new CliException(
          "--image: cannot read the folder %s: %s".formatted(folder, Errors.message(e)), e);
    }
  }

  private static boolean isHidden(Path name) {
    return name.toString().startsWith(".");
  }

  private void add(Path entry) {
    if (Files.isDirectory(entry)) {
      return;
    }
    String name = entry.getFileName().toString().toLowerCase(Locale.ROOT);
    if (ImageSource.FILE_ENDINGS.stream().anyMatch(ending -> name.endsWith("." + ending))) {
      images.add(entry);
    } else {
      others++;
    }
  }

  /** What there is instead of images. */
  private String counted(Path folder) {
    boolean folders =
        isFolder()
            && entries(folder, name -> !isHidden(name)).stream().anyMatch(Files::isDirectory);
    return (others == 0 ? "" : "; other files: " + others)
        // No path, since Windows knows none with such a name.
        + (folders ? "; '%s/%s' looks into its folders".formatted(folder, ANY_FOLDERS) : "");
  }

  private CliException refused(String reason) {
    return new CliException(
        "--image: %s (images are files ending in %s)"
            .formatted(reason, String.join(", ", ImageSource.FILE_ENDINGS)));
  }
}
