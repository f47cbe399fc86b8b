package dev.vl4j.engine.vision;

import dev.vl4j.engine.limits.WorkGuard;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * What tells images apart: a SHA-256 digest of the pixels that the vision tower reads, after
 * resizing. The same file in two pixel budgets has two keys, two files of equal pixels have one.
 */
public record ImageKey(long first, long second, long third, long fourth) {
  private static final int PIECE_BYTES = 1 << 16;

  static ImageKey of(RgbImage resized) {
    MessageDigest digest = sha256();
    digest.update(
        ByteBuffer.allocate(2 * Integer.BYTES)
            .putInt(resized.width())
            .putInt(resized.height())
            .flip());
    return of(digest.digest(resized.samples()));
  }

  /** Of an encoded file. */
  static ImageKey ofEncoded(byte[] file, WorkGuard guard) {
    MessageDigest digest = sha256();
    for (int from = 0; from < file.length; from += PIECE_BYTES) {
      guard.check();
      digest.update(file, from, Math.min(PIECE_BYTES, file.length - from));
    }
    return of(digest.digest());
  }

  private static ImageKey of(byte[] digest) {
    ByteBuffer words = ByteBuffer.wrap(digest);
    return new ImageKey(words.getLong(), words.getLong(), words.getLong(), words.getLong());
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
