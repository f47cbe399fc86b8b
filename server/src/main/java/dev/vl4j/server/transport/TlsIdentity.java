package dev.vl4j.server.transport;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.interfaces.RSAKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * What a server proves who it is by.
 *
 * @param key of the first certificate
 * @param chain the server's own certificate, then those that it is signed by
 */
public record TlsIdentity(PrivateKey key, List<X509Certificate> chain) {
  private static final String CERTIFICATE = "CERTIFICATE";

  /** A key store wants one; the store never leaves this process's memory. */
  private static final char[] NO_SECRET = "vl4j".toCharArray();

  public TlsIdentity {
    chain = List.copyOf(chain);
  }

  /**
   * Reads an identity from PEM files.
   *
   * @param certificates the chain; what else is in the file is passed over
   * @param key may be the same file
   * @param password of the key, if it is encrypted
   * @throws TlsException if it cannot be read, or if the parts do not belong together
   */
  public static TlsIdentity read(Path certificates, Path key, @Nullable String password)
      throws TlsException {
    List<X509Certificate> chain = chain(certificates);
    PublicKey owner = chain.getFirst().getPublicKey();
    PrivateKey secret = PemKeys.read(key, owner, password);
    if (!belong(secret, owner)) {
      throw new TlsException(
          "%s: the key is not the one of the first certificate in %s".formatted(key, certificates));
    }
    return new TlsIdentity(secret, chain);
  }

  private static List<X509Certificate> chain(Path file) throws TlsException {
    List<X509Certificate> chain = new ArrayList<>();
    for (Pem block : Pem.read(file)) {
      if (block.label().equals(CERTIFICATE)) {
        chain.add(certificate(file, block, chain.size()));
      }
    }
    if (chain.isEmpty()) {
      throw new TlsException(file + ": no certificate");
    }
    return chain;
  }

  private static X509Certificate certificate(Path file, Pem block, int index) throws TlsException {
    try {
      return (X509Certificate)
          CertificateFactory.getInstance("X.509")
              .generateCertificate(new ByteArrayInputStream(block.decode(file)));
    } catch (CertificateException e) {
      throw new TlsException("%s: certificate %d is damaged".formatted(file, index), e);
    }
  }

  private static boolean belong(PrivateKey secret, PublicKey owner) throws TlsException {
    if (secret instanceof RSAKey one && owner instanceof RSAKey other) {
      return one.getModulus().equals(other.getModulus());
    }
    try {
      Signature signature =
          Signature.getInstance(
              owner.getAlgorithm().equals("EC") ? "SHA256withECDSA" : owner.getAlgorithm());
      signature.initSign(secret);
      byte[] proof = signature.sign();
      signature.initVerify(owner);
      return signature.verify(proof);
    } catch (GeneralSecurityException e) {
      throw new TlsException("a key for %s cannot be used".formatted(owner.getAlgorithm()), e);
    }
  }

  /** Until when clients believe the server's own certificate. */
  public Instant validUntil() {
    return chain.getFirst().getNotAfter().toInstant();
  }

  SSLContext context() {
    try {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      store.setKeyEntry("vl4j", key, NO_SECRET, chain.toArray(Certificate[]::new));
      KeyManagerFactory keys =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      keys.init(store, NO_SECRET);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keys.getKeyManagers(), null, null);
      return context;
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException("TLS cannot be set up with a key that was checked", e);
    }
  }
}
