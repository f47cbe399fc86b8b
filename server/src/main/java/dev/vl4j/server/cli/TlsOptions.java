package dev.vl4j.server.cli;

import dev.vl4j.server.transport.TlsException;
import dev.vl4j.server.transport.TlsIdentity;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What a server proves who it is by, if it speaks TLS. */
final class TlsOptions {
  @Option(
      names = "--ssl-certfile",
      paramLabel = "FILE",
      description =
          "Speak HTTPS, with this certificate and those that it is signed by, in PEM, the server's"
              + " own first.")
  @Nullable Path certificates;

  @Option(
      names = "--ssl-keyfile",
      paramLabel = "FILE",
      description = "The certificate's private key, in PEM; in --ssl-certfile if left out.")
  @Nullable Path key;

  @Option(
      names = "--ssl-keyfile-password",
      paramLabel = "PASSWORD",
      description = "What the private key is encrypted with; better in a file for --config.")
  @Nullable String password;

  /**
   * What these options come to, or null for HTTP without TLS.
   *
   * @throws CliException if the files cannot be used
   */
  @Nullable TlsIdentity identity() {
    if (certificates == null) {
      if (key != null || password != null) {
        throw new CliException("--ssl-keyfile: there is no --ssl-certfile for the key");
      }
      return null;
    }
    try {
      return TlsIdentity.read(certificates, key == null ? certificates : key, password);
    } catch (TlsException e) {
      throw new CliException("--ssl-certfile, --ssl-keyfile: " + Errors.message(e), e);
    }
  }
}
