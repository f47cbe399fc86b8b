package dev.vl4j.device.library;

import dev.vl4j.kernels.BackendException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * What came of looking for a library in several places.
 *
 * @param library the first that opens
 * @param isThere whether there is a file of this name at all
 * @param reasons why others do not open, or where none is
 */
public record FoundLibrary(Optional<Symbols> library, boolean isThere, List<String> reasons) {
  public FoundLibrary {
    reasons = List.copyOf(reasons);
  }

  /**
   * Opens the first candidate that opens.
   *
   * @param name what messages call the library
   * @param candidates paths of files, or sonames that the system looks for
   * @param opener gives a library by path or soname, or throws a {@link BackendException}
   */
  public static FoundLibrary first(
      String name, List<String> candidates, Function<String, Symbols> opener) {
    List<String> reasons = new ArrayList<>();
    for (String candidate : candidates) {
      try {
        return new FoundLibrary(Optional.of(opener.apply(candidate)), true, reasons);
      } catch (BackendException e) {
        String reason = String.valueOf(e.getMessage());
        if (!isMissing(candidate, reason)) {
          reasons.add(reason);
        }
      }
    }
    boolean isThere = !reasons.isEmpty();
    if (!isThere) {
      reasons.add("%s is nowhere to be found".formatted(name));
    }
    return new FoundLibrary(Optional.empty(), isThere, reasons);
  }

  /**
   * Whether the system finds no library of this name anywhere. The system's message begins with the
   * file at fault: a file that was found by its path, or a library that another one needs. So it
   * begins with a mere soname only if that was not found.
   */
  private static boolean isMissing(String candidate, String reason) {
    return candidate.indexOf('/') < 0 && reason.startsWith(candidate + ":");
  }

  /** Files of these names that are there, folder by folder. */
  public static List<String> files(List<Path> folders, List<String> names) {
    List<String> files = new ArrayList<>();
    for (Path folder : folders) {
      for (String name : names) {
        if (Files.exists(folder.resolve(name))) {
          files.add(folder.resolve(name).toString());
        }
      }
    }
    return files;
  }
}
