package dev.vl4j.ascend.backend;

import dev.vl4j.ascend.fake.FakeCann;
import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.BackendProvider;
import dev.vl4j.kernels.BackendReport;
import dev.vl4j.kernels.BackendSettings;
import dev.vl4j.kernels.Device;
import java.util.List;

/** Provides the backend on a fake NPU, to whoever names it, while a test has a machine for it. */
public final class FakeProvider implements BackendProvider {
  static final String NAME = "fake-ascend";

  private static final long MEMORY = 64L << 20;
  private static volatile FakeCann current = FakeCann.builder().build();

  public FakeProvider() {}

  /** From now on, backends are opened on this machine. */
  static void use(FakeCann machine) {
    current = machine;
  }

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
        List.of("plain Java, for tests"),
        List.of(new Device(0, "Ascend910B3", 0), new Device(1, "Ascend910B3", 0)));
  }

  @Override
  public Backend open(BackendSettings settings) {
    return AscendBackend.open(
        current.libraries(), new BackendSettings(settings.device(), 1, MEMORY));
  }
}
