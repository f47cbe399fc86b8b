package dev.vl4j.server.cli;

import dev.vl4j.server.api.ImageUrls;
import dev.vl4j.server.media.MediaFetcher;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/** The pictures that an input names. */
final class InputImages {
  private InputImages() {}

  /** What an input names by a relative path lies beside the input. */
  static ImageUrls beside(String input, MediaFetcher fetcher) {
    Path folder = null;
    try {
      folder = input.equals(LinesInput.STDIN) ? null : Path.of(input).getParent();
    } catch (InvalidPathException _) {
      // Reading the input says so.
    }
    return ImageUrls.anyFile(folder == null ? Path.of("") : folder, fetcher);
  }
}
