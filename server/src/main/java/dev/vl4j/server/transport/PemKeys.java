package dev.vl4j.server.transport;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.List;
import java.util.Map;
import javax.crypto.Cipher;
import javax.crypto.EncryptedPrivateKeyInfo;
import javax.crypto.SecretKey;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Reads private keys in the forms that OpenSSL and certificates' clients write: PKCS #8 (RFC 5958),
 * encrypted or not, PKCS #1 (RFC 8017) and SEC 1 (RFC 5915).
 */
final class PemKeys {
  private static final String ENCRYPTED = "ENCRYPTED PRIVATE KEY";

  /** The algorithm of keys with these labels; null where the key says it itself. */
  private static final Map<String, String> KEYS =
      Map.of("PRIVATE KEY", "", ENCRYPTED, "", "RSA PRIVATE KEY", "RSA", "EC PRIVATE KEY", "EC");

  private static final int SEQUENCE = 0x30;
  private static final int OCTET_STRING = 0x04;

  /** The version of PKCS #8, 0, as an INTEGER. */
  private static final byte[] VERSION = {0x02, 0x01, 0x00};

  private PemKeys() {}

  /**
   * The first key of a file.
   *
   * @param owner whose private key it should be
   * @throws TlsException if there is none that can be read
   */
  static PrivateKey read(Path file, PublicKey owner, @Nullable String password)
      throws TlsException {
    List<Pem> blocks = Pem.read(file);
    Pem block =
        blocks.stream()
            .filter(one -> KEYS.containsKey(one.label()))
            .findFirst()
            .orElseThrow(() ->
                new TlsException(
                    "%s: no private key: it has %s"
                        .formatted(file, blocks.stream().map(Pem::label).toList())));
    if (!block.label().equals(ENCRYPTED) && block.isEncryptedInOldFormat()) {
      throw new TlsException(
          "%s: the key is encrypted in OpenSSL's old format; openssl pkcs8 -topk8 -in %s -out NEW"
                  .formatted(file, file)
              + " writes it in one that can be read");
    }
    String algorithm = owner.getAlgorithm();
    String label = KEYS.getOrDefault(block.label(), "");
    if (!label.isEmpty() && !label.equals(algorithm)) {
      throw differs(file, algorithm, null);
    }
    byte[] der = block.decode(file);
    PKCS8EncodedKeySpec key =
        block.label().equals(ENCRYPTED)
            ? decrypted(file, der, password)
            : new PKCS8EncodedKeySpec(label.isEmpty() ? der : wrapped(der, owner));
    try {
      return KeyFactory.getInstance(algorithm).generatePrivate(key);
    } catch (GeneralSecurityException e) {
      throw differs(file, algorithm, e);
    }
  }

  private static TlsException differs(Path file, String algorithm, @Nullable Throwable cause) {
    String message =
        "%s: the key is damaged, or not for %s, as the certificate's is".formatted(file, algorithm);
    return cause == null ? new TlsException(message) : new TlsException(message, cause);
  }

  private static PKCS8EncodedKeySpec decrypted(Path file, byte[] der, @Nullable String password)
      throws TlsException {
    if (password == null) {
      throw new TlsException(file + ": the key is encrypted, and there is no password for it");
    }
    try {
      EncryptedPrivateKeyInfo info = new EncryptedPrivateKeyInfo(der);
      // Of the second scheme of PKCS #5, only the parameters say which ciphers it is made of.
      String name = info.getAlgName();
      String scheme = name.equals("PBES2") ? info.getAlgParameters().toString() : name;
      SecretKey secret =
          SecretKeyFactory.getInstance(scheme)
              .generateSecret(new PBEKeySpec(password.toCharArray()));
      Cipher cipher = Cipher.getInstance(scheme);
      cipher.init(Cipher.DECRYPT_MODE, secret, info.getAlgParameters());
      return info.getKeySpec(cipher);
    } catch (IOException | GeneralSecurityException e) {
      throw new TlsException(
          file + ": the key cannot be decrypted: the password or the kind of encryption is wrong",
          e);
    }
  }

  /** PKCS #8 of a key that leaves out for what it is, which its owner's key says. */
  private static byte[] wrapped(byte[] key, PublicKey owner) {
    byte[] info = owner.getEncoded(); // a SEQUENCE that begins with the algorithm
    int begin = contentOf(info, 0);
    int end = contentOf(info, begin) + lengthOf(info, begin);
    ByteArrayOutputStream content = new ByteArrayOutputStream();
    content.writeBytes(VERSION);
    content.write(info, begin, end - begin);
    content.writeBytes(der(OCTET_STRING, key));
    return der(SEQUENCE, content.toByteArray());
  }

  /** Where the content begins of what begins at a place. */
  private static int contentOf(byte[] der, int at) {
    int first = der[at + 1] & 0xff;
    return at + 2 + (first < 0x80 ? 0 : first & 0x7f);
  }

  private static int lengthOf(byte[] der, int at) {
    int content = contentOf(der, at);
    int length = 0;
    for (int i = content - at == 2 ? at + 1 : at + 2; i < content; i++) {
      length = (length << 8) | (der[i] & 0xff);
    }
    return length;
  }

  private static byte[] der(int tag, byte[] content) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(tag);
    if (content.length < 0x80) {
      out.write(content.length);
    } else {
      out.write(0x83); // three bytes of length, which need not be the fewest for those who read it
      out.write(content.length >> 16);
      out.write(content.length >> 8);
      out.write(content.length);
    }
    out.writeBytes(content);
    return out.toByteArray();
  }
}
