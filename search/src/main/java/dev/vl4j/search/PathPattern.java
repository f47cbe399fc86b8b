package dev.vl4j.search;

import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.PatternSyntaxException;

/** A pattern of files' paths, as {@link SearchRequest#pathPattern} has it. */
final class PathPattern {
  private static final String ANY_FOLDERS = "**/";

  private final FileSystem system = FileSystems.getDefault();
  private final boolean nameAlone;
  private final List<PathMatcher> matchers = new ArrayList<>();

  /**
   * @throws SearchException if it is no pattern
   */
  PathPattern(String pattern) {
    nameAlone = pattern.indexOf('/') < 0;
    try {
      for (String form : forms(pattern, 0)) {
        matchers.add(system.getPathMatcher("glob:" + form));
      }
    } catch (PatternSyntaxException e) {
      throw new SearchException(
          "not a pattern of paths: %s (%s)".formatted(pattern, e.getDescription()), e);
    }
  }

  /** Java's {@code **}{@code /} stands for one folder at least, and a shell's also for none. */
  private static List<String> forms(String pattern, int from) {
    int place = pattern.indexOf(ANY_FOLDERS, from);
    if (place < 0) {
      return List.of(pattern);
    }
    List<String> forms = new ArrayList<>(forms(pattern, place + ANY_FOLDERS.length()));
    if (place == 0 || pattern.charAt(place - 1) == '/') {
      String without =
          pattern.substring(0, place) + pattern.substring(place + ANY_FOLDERS.length());
      forms.addAll(forms(without, place));
    }
    return forms;
  }

  /** Whether a file fits, by its path with {@code /} between names. */
  boolean matches(String path) {
    try {
      Path wanted = system.getPath(nameAlone ? path.substring(path.lastIndexOf('/') + 1) : path);
      return matchers.stream().anyMatch(matcher -> matcher.matches(wanted));
    } catch (InvalidPathException e) {
      return false; // of an index that another system has made
    }
  }
}
