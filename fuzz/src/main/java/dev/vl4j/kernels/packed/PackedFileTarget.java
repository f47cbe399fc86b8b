package dev.vl4j.kernels.packed;

import dev.vl4j.fuzz.Scratch;
import dev.vl4j.fuzz.Target;
import java.util.Arrays;

/** Files of packed weights. The checksum of the header is made right, or nothing else was read. */
public final class PackedFileTarget {
  /** The key of the files in the corpus. */
  private static final String KEY = "fuzz";

  private PackedFileTarget() {}

  public static Target.Reader reader(Scratch scratch) {
    return input -> {
      byte[] file = input.clone();
      seal(file);
      try (PackedFile _ = PackedFile.open(scratch.file("weights.packed", file), KEY)) {
        return;
      } catch (DamagedFileException e) {
        if (e.getMessage() == null) {
          throw new AssertionError("a refusal without a reason", e);
        }
      }
    };
  }

  private static void seal(byte[] file) {
    if (file.length < PackedHeader.PAGE) {
      return;
    }
    byte[] hash = PackedHeader.hash(Arrays.copyOf(file, PackedHeader.PAGE));
    System.arraycopy(hash, 0, file, PackedHeader.HASH, hash.length);
  }
}
