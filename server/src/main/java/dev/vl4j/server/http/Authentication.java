package dev.vl4j.server.http;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.Locale;

/** Lets requests pass that bring a key. */
final class Authentication {
  private final List<byte[]> keys;

  /**
   * @param keys none to let everything pass
   */
  Authentication(List<String> keys) {
    this.keys = keys.stream().map(Authentication::digest).toList();
  }

  /**
   * @param authorization the header of this name, empty if there is none
   */
  boolean passes(String authorization) {
    if (keys.isEmpty()) {
      return true;
    }
    int space = authorization.indexOf(' ');
    if (space < 0 || !authorization.substring(0, space).toLowerCase(Locale.ROOT).equals("bearer")) {
      return false;
    }
    byte[] given = digest(authorization.substring(space + 1));
    boolean known = false;
    // All are compared, and as digests, so that time says nothing about the keys.
    for (byte[] key : keys) {
      known |= MessageDigest.isEqual(key, given);
    }
    return known;
  }

  private static byte[] digest(String key) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }
}
