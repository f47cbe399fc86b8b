package dev.vl4j.server.cli;

import dev.vl4j.engine.InvalidRequestException;
import dev.vl4j.engine.Pages;
import dev.vl4j.engine.Part;
import dev.vl4j.server.api.ApiException;
import dev.vl4j.server.api.ImageUrls;
import java.nio.file.Path;
import java.util.List;

/**
 * Files that a command line names; those that are not there are refused before a model is opened.
 */
final class DocumentFiles {
  private DocumentFiles() {}

  /**
   * An image.
   *
   * @throws CliException if the file is not there
   */
  static Part image(String file) {
    requireFile(file, "--image");
    return Part.image(Path.of(file));
  }

  /**
   * A video.
   *
   * @throws CliException if the file is not there
   */
  static Part video(String file) {
    requireFile(file, "--video");
    return Part.video(Path.of(file));
  }

  /**
   * The pages of a PDF file.
   *
   * @throws CliException if the file cannot be read
   */
  static List<Part> pages(String file) {
    requireFile(file, "--document-file");
    try {
      return Pages.of(Path.of(file));
    } catch (InvalidRequestException e) {
      throw new CliException("--document-file: " + e.getMessage(), e);
    }
  }

  /**
   * What a page of a file is called where pictures are named.
   *
   * @param number from 1
   */
  static String pageName(String file, int number) {
    return file + "#page=" + number;
  }

  private static void requireFile(String file, String option) {
    try {
      Part _ = ImageUrls.file(file, option);
    } catch (ApiException e) {
      throw Job.refused(e);
    }
  }
}
