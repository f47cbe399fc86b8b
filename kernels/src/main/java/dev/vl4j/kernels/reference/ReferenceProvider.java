package dev.vl4j.kernels.reference;

import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.BackendProvider;
import dev.vl4j.kernels.BackendReport;
import dev.vl4j.kernels.BackendSettings;
import dev.vl4j.kernels.Device;
import dev.vl4j.kernels.FormatSupport;
import dev.vl4j.kernels.Reproducibility;
import java.util.List;
import java.util.Optional;

/** Provides {@code reference}, which is far too slow to be chosen without being named. */
public final class ReferenceProvider implements BackendProvider {
  private static final String NAME = "reference";

  /** For the service loader. */
  public ReferenceProvider() {}

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public int rank() {
    return 0;
  }

  @Override
  public BackendReport report() {
    return BackendReport.ready(
        NAME,
        List.of("plain loops, slow: the truth that others are tested by"),
        List.of(Device.host()));
  }

  /** Computes on the caller's thread, however many others the settings allow. */
  @Override
  public Backend open(BackendSettings settings) {
    if (settings.memory() != 0) {
      throw new BackendException(
          "memory: expected 0, since it takes the Java heap's; found " + settings.memory());
    }
    return new ReferenceBackend();
  }

  @Override
  public <T> Optional<T> capability(Class<T> type) {
    if (type == Reproducibility.class) {
      return Optional.of(type.cast(Reproducibility.BITWISE));
    }
    FormatSupport formats = ReferenceBackend::support;
    return type == FormatSupport.class ? Optional.of(type.cast(formats)) : Optional.empty();
  }
}
