package dev.vl4j.search;

import java.util.List;
import java.util.Objects;

/**
 * What an update has done.
 *
 * @param added files that are new in the index
 * @param changed files whose content is another than before
 * @param unchanged files that the index knew, also under another time
 * @param removed files that have left the index
 * @param others files that are neither texts nor pictures, going by their names
 * @param linkedFolders links to folders, which are not followed
 * @param embedded vectors that were computed
 * @param failures files and folders that could not be indexed, in the order of their paths
 * @param complete false if the update was stopped before its end
 */
public record IndexReport(
    int added,
    int changed,
    int unchanged,
    int removed,
    int others,
    int linkedFolders,
    long embedded,
    List<FileFailure> failures,
    boolean complete) {
  /**
   * @throws NullPointerException if the failures are null
   */
  public IndexReport {
    Objects.requireNonNull(failures, "failures");
    failures = List.copyOf(failures);
  }
}
