package dev.vl4j.server.transport;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What stands between two lines of dashes (RFC 7468).
 *
 * @param label of these lines, such as {@code CERTIFICATE}
 * @param text between them
 */
record Pem(String label, String text) {
  /** Far more than any chain has; it is a slip of the hand to name a larger file. */
  private static final int MOST_BYTES = 1 << 20;

  private static final Pattern BLOCK =
      Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \\1-----", Pattern.DOTALL);

  /**
   * All of a file, in its order.
   *
   * @throws TlsException if the file cannot be read, or has nothing of the kind
   */
  static List<Pem> read(Path file) throws TlsException {
    List<Pem> blocks = new ArrayList<>();
    Matcher matcher = BLOCK.matcher(content(file));
    while (matcher.find()) {
      blocks.add(new Pem(matcher.group(1), matcher.group(2)));
    }
    if (blocks.isEmpty()) {
      throw new TlsException(file + ": no PEM file: it has no line -----BEGIN ...-----");
    }
    return blocks;
  }

  private static String content(Path file) throws TlsException {
    try {
      if (!Files.isRegularFile(file)) {
        throw new TlsException(file + ": no such file");
      }
      if (Files.size(file) > MOST_BYTES) {
        throw new TlsException(
            "%s: expected %d bytes at most, found %d"
                .formatted(file, MOST_BYTES, Files.size(file)));
      }
      return Files.readString(file, StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw new TlsException(file + ": cannot be read", e);
    }
  }

  /** Whether lines such as {@code DEK-Info:} say how OpenSSL's old format encrypts it. */
  boolean isEncryptedInOldFormat() {
    return text.contains("ENCRYPTED");
  }

  /**
   * The bytes that it stands for.
   *
   * @throws TlsException if it is no base64
   */
  byte[] decode(Path file) throws TlsException {
    try {
      return Base64.getMimeDecoder().decode(text);
    } catch (IllegalArgumentException e) {
      throw new TlsException("%s: the block %s is damaged".formatted(file, label), e);
    }
  }
}
