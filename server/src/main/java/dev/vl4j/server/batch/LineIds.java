package dev.vl4j.server.batch;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;

/**
 * Names each answer by what it answers: the settings of the run, the line's number and the line. So
 * an output says by itself which input, model and options it belongs to.
 */
final class LineIds {
  /** Hexadecimal digits of an id. */
  static final int LENGTH = 32;

  /** So many of them, the first, come from the settings alone. */
  static final int SETTINGS_LENGTH = 8;

  private final byte[] settings;

  /**
   * @param settings all that answers depend on besides the line
   */
  LineIds(String settings) {
    this.settings = Digests.sha256().digest(settings.getBytes(StandardCharsets.UTF_8));
  }

  String of(Line line) {
    MessageDigest digest = Digests.sha256();
    digest.update(settings);
    digest.update(ByteBuffer.allocate(Long.BYTES).putLong(line.number()).flip());
    digest.update(line.digest());
    String hex = HexFormat.of().formatHex(digest.digest());
    return settings() + hex.substring(0, LENGTH - SETTINGS_LENGTH);
  }

  /** What all ids of this run begin with. */
  String settings() {
    return HexFormat.of().formatHex(settings).substring(0, SETTINGS_LENGTH);
  }
}
