package dev.vl4j.server.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Keys in all forms that OpenSSL writes: bench/reference/make_tls_keys.sh made them. */
class TlsIdentityTest {
  static Path file(String name) {
    URL url = Objects.requireNonNull(TlsIdentityTest.class.getResource(name), name);
    try {
      return Path.of(url.toURI());
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "rsa.crt, rsa.key, , RSA",
    "rsa.crt, rsa-pkcs1.key, , RSA",
    "rsa.crt, rsa-encrypted.key, secret, RSA",
    "rsa.crt, rsa-encrypted-3des.key, secret, RSA",
    "ec.crt, ec.key, , EC",
    "ec.crt, ec-sec1.key, , EC",
    "ec-all.pem, ec-all.pem, , EC",
    "ed25519.crt, ed25519.key, , EdDSA",
    "rsa.crt, rsa.key, needless, RSA",
  })
  void whatCanBeRead(String chain, String key, String password, String algorithm)
      throws TlsException {
    TlsIdentity identity = TlsIdentity.read(file(chain), file(key), password);
    assertThat(identity.key().getAlgorithm()).isEqualTo(algorithm);
    assertThat(identity.chain())
        .extracting(certificate -> certificate.getSubjectX500Principal().getName())
        .containsExactly("CN=localhost", "CN=vl4j test middle");
    assertThat(identity.context().getProtocol()).isEqualTo("TLS");
  }

  @ParameterizedTest
  @CsvSource({
    "rsa.crt, rsa-encrypted.key, , the key is encrypted and there is no password for it",
    "rsa.crt, rsa-encrypted.key, wrong, the key cannot be decrypted: the password",
    "rsa.crt, rsa-encrypted-scrypt.key, secret, the key cannot be decrypted: the password or the kind",
    "rsa.crt, rsa-encrypted-old.key, secret, encrypted in OpenSSL's old format; openssl pkcs8 -topk8",
    "rsa.crt, ec.key, , 'the key is damaged, or not for RSA, as the certificate''s is'",
    "rsa.crt, ec-sec1.key, , 'the key is damaged, or not for RSA, as the certificate''s is'",
    "ec.crt, rsa-pkcs1.key, , 'the key is damaged, or not for EC, as the certificate''s is'",
    "root.crt, rsa.key, , the key is not the one of the first certificate in ",
    "rsa.crt, rsa.crt, , 'no private key: it has [CERTIFICATE, CERTIFICATE]'",
    "rsa.key, rsa.key, , no certificate",
    "make_no_pem, rsa.key, , no such file",
  })
  void whatIsRefused(String chain, String key, String password, String reason) {
    Path certificates = chain.startsWith("make") ? Path.of(chain) : file(chain);
    assertThatThrownBy(() -> TlsIdentity.read(certificates, file(key), password))
        .isInstanceOf(TlsException.class)
        .hasMessageContaining(reason.replace("encrypted and", "encrypted, and"));
  }

  @Test
  void damagedFiles(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("damaged.pem");
    String good = Files.readString(file("ec-all.pem"));
    Files.writeString(file, good.replaceFirst("CERTIFICATE-----\n....", "CERTIFICATE-----\nAAAA"));
    assertThatThrownBy(() -> TlsIdentity.read(file, file, null))
        .hasMessageContaining("certificate 0 is damaged");
    Files.writeString(
        file, good.replaceFirst("(?s)(PRIVATE KEY-----\n).*(\n-----END PRI)", "$1AAAA$2"));
    assertThatThrownBy(() -> TlsIdentity.read(file, file, null))
        .hasMessageContaining("the key is damaged");
    Files.writeString(file, "hello");
    assertThatThrownBy(() -> TlsIdentity.read(file, file, null))
        .hasMessageContaining("damaged.pem: no PEM file");
    Files.write(file, new byte[(1 << 20) + 1]);
    assertThatThrownBy(() -> TlsIdentity.read(file, file, null))
        .hasMessageContaining("expected 1048576 bytes at most, found 1048577");
  }
}
