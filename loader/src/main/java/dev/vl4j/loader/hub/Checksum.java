package dev.vl4j.loader.hub;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.regex.Pattern;

/**
 * What a file's contents must hash to. The hash also names the file among the blobs.
 *
 * @param hex in lower case
 */
record Checksum(Kind kind, String hex) {
  /** A way to hash a file. */
  enum Kind {
    /** Of the contents: how Git LFS names large files. */
    SHA256("SHA-256", 64),
    /** Of a header with the size, and the contents: how git names files. */
    GIT_SHA1("SHA-1", 40);

    private final String algorithm;
    private final Pattern hex;

    Kind(String algorithm, int digits) {
      this.algorithm = algorithm;
      this.hex = Pattern.compile("[0-9a-f]{" + digits + "}");
    }
  }

  Checksum {
    if (!kind.hex.matcher(hex).matches()) {
      throw new HubException(
          "expected a checksum of kind %s, found %s".formatted(kind, HubException.quote(hex)));
    }
  }

  /** A digest that contents of {@code size} bytes are then put into. */
  MessageDigest digest(long size) {
    try {
      MessageDigest digest = MessageDigest.getInstance(kind.algorithm);
      if (kind == Kind.GIT_SHA1) {
        digest.update(("blob " + size + "\0").getBytes(StandardCharsets.US_ASCII));
      }
      return digest;
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has " + kind.algorithm, e);
    }
  }
}
