package dev.vl4j.loader;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/**
 * The few lines of text that lie in the place of a large file after a clone of a Git repository,
 * until Git LFS has fetched the file itself. See the Git LFS specification, "The Pointer".
 */
public final class LfsPointer {
  /** How a pointer begins; the second address is that of the first releases. */
  private static final List<String> BEGINNINGS =
      List.of(
          "version https://git-lfs.github.com/spec/", "version https://hawser.github.com/spec/");

  /** Bytes of a file that tell whether it is a pointer. */
  static final int BEGINNING = BEGINNINGS.getFirst().length();

  private LfsPointer() {}

  /**
   * Refuses a pointer.
   *
   * @param bytes the file, or its beginning
   * @throws LoaderException if it is one
   */
  public static void refuse(Path file, byte[] bytes) {
    String beginning =
        new String(bytes, 0, Math.min(bytes.length, BEGINNING), StandardCharsets.ISO_8859_1);
    if (BEGINNINGS.stream().anyMatch(beginning::startsWith)) {
      throw new LoaderException(
          file + ": a Git LFS pointer, not the file itself; \"git lfs pull\" fetches that");
    }
  }
}
