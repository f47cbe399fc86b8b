package dev.vl4j.hosts;

import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.BackendProvider;
import dev.vl4j.kernels.BackendReport;
import dev.vl4j.kernels.BackendSettings;
import dev.vl4j.kernels.Backends;
import dev.vl4j.kernels.Device;
import java.util.List;

/** A backend that comes with the application: the processor, under another name and number. */
public final class ShippedProvider implements BackendProvider {
  static final String NAME = "shipped";

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
        NAME, List.of("the processor"), List.of(new Device(3, "the processor", 0)));
  }

  @Override
  public Backend open(BackendSettings settings) {
    return Backends.open("cpu", settings.withDevice(0));
  }
}
