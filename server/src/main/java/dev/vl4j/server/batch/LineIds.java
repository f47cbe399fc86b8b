package dev.vl4j.server.batch;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;

/**
 * Names each answer by what it answers: the settings of the run, the line's number and the line. So
 * an output says by itself which input, model and options it belongs to.
 */
final class LineIds {
  /** Hexadecimal digits of an id. */
  static final int LENGTH = 32;

  /** So many of them, the first, come from the settings alone. */
  static final int SETTINGS_LENGTH = 8;

  /** Before the ids of answers to lines in an envelope, as {@code vllm run-batch} has it. */
  private static final String ENVELOPE_PREFIX = "vllm-";

  private final String prefix;
  private final byte[] settings;

  /**
   * @param prefix before the ids of bare answers
   * @param settings all that answers depend on besides the line
   */
  LineIds(String prefix, String settings) {
    this.prefix = prefix;
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

  /** What may stand before an id. */
  List<String> prefixes() {
    return List.of(prefix, ENVELOPE_PREFIX);
  }

  /** What all ids of this run begin with. */
  String settings() {
    return HexFormat.of().formatHex(settings).substring(0, SETTINGS_LENGTH);
  }
}
