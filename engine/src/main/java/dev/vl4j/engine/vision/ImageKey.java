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
    return of(begun(resized).digest(resized.samples()));
  }

  /** Of two frames of a video, which have one size. */
  static ImageKey of(RgbImage first, RgbImage second) {
    MessageDigest digest = begun(first);
    digest.update(first.samples());
    return of(digest.digest(second.samples()));
  }

  private static MessageDigest begun(RgbImage resized) {
    MessageDigest digest = sha256();
    digest.update(
        ByteBuffer.allocate(2 * Integer.BYTES)
            .putInt(resized.width())
            .putInt(resized.height())
            .flip());
    return digest;
  }

  /**
   * Of an encoded file.
   *
   * @param page of the file, from 1; 0 for a file that is one image
   */
  static ImageKey ofEncoded(byte[] file, int page, WorkGuard guard) {
    MessageDigest digest = sha256();
    if (page > 0) {
      digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(page).flip());
    }
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
