package dev.vl4j.ascend;

import dev.vl4j.ascend.backend.AscendBackend;
import dev.vl4j.ascend.library.AscendLibraries;
import dev.vl4j.ascend.library.LibrarySearch;
import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.BackendProvider;
import dev.vl4j.kernels.BackendReport;
import dev.vl4j.kernels.BackendSettings;
import dev.vl4j.kernels.FormatSupport;
import dev.vl4j.kernels.Reproducibility;
import java.util.Optional;

/** Provides {@code ascend}, which computes on Ascend NPUs. */
public final class AscendProvider implements BackendProvider {
  /** Before the processor; a machine has no GPU beside an NPU. */
  private static final int RANK = 190;

  private final LibrarySearch search;

  /** Looks for CANN where it usually is. */
  public AscendProvider() {
    this(new LibrarySearch());
  }

  AscendProvider(LibrarySearch search) {
    this.search = search;
  }

  @Override
  public String name() {
    return AscendReport.NAME;
  }

  @Override
  public int rank() {
    return RANK;
  }

  @Override
  public BackendReport report() {
    return AscendReport.make(search).report();
  }

  /** What precision a model has is known without opening a device. */
  @Override
  public <T> Optional<T> capability(Class<T> type) {
    if (type == Reproducibility.class) {
      return Optional.of(type.cast(AscendBackend.REPRODUCIBILITY));
    }
    FormatSupport formats = AscendBackend::support;
    return type == FormatSupport.class ? Optional.of(type.cast(formats)) : Optional.empty();
  }

  @Override
  public Backend open(BackendSettings settings) {
    AscendReport found = AscendReport.make(search);
    AscendLibraries libraries =
        found
            .libraries()
            .orElseThrow(() ->
                new BackendException(
                    "%s is %s: %s"
                        .formatted(name(), found.report().status(), found.report().detail())));
    return AscendBackend.open(libraries, settings);
  }
}
