package dev.vl4j.kernels.packed;

import dev.vl4j.fuzz.Scratch;
import dev.vl4j.fuzz.Target;
import java.io.IOException;
import java.security.MessageDigest;

/** Files of packed weights. The checksum of the header is made right, or nothing else was read. */
public final class PackedFileTarget {
  private static final int HASH = 24;
  private static final int BODY = HASH + 32;

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

  private static void seal(byte[] file) throws IOException {
    if (file.length < PackedHeader.PAGE) {
      return;
    }
    MessageDigest digest = PackedHeader.sha256();
    digest.update(file, 0, HASH);
    digest.update(new byte[BODY - HASH]);
    digest.update(file, BODY, PackedHeader.PAGE - BODY);
    System.arraycopy(digest.digest(), 0, file, HASH, BODY - HASH);
  }
}
