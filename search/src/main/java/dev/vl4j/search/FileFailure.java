package dev.vl4j.search;

import java.util.Objects;

/**
 * A file or a folder that could not be indexed.
 *
 * @param path from the indexed folder on
 * @param reason on one line, without the path
 */
public record FileFailure(String path, String reason) {
  /**
   * @throws NullPointerException if the path or the reason is null
   */
  public FileFailure {
    Objects.requireNonNull(path, "path");
    Objects.requireNonNull(reason, "reason");
  }
}
