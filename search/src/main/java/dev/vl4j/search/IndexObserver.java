package dev.vl4j.search;

/** Is told how an update goes, on the thread that updates. What it throws ends the update. */
public interface IndexObserver {
  /** Does nothing. */
  IndexObserver NONE = new IndexObserver() {};

  /**
   * The folder was looked through.
   *
   * @param unchanged files of the same size and time as in the index
   * @param files that will be read
   */
  default void begins(int unchanged, int files) {}

  /**
   * A file that was to be read is done with.
   *
   * @param path from the indexed folder on
   * @param embedded how many vectors were computed for it; 0 where the index knew its content
   */
  default void fileDone(String path, int embedded) {}

  /** A file or a folder cannot be indexed. */
  default void failed(FileFailure failure) {}
}
