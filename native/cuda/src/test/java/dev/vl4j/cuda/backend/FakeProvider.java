package dev.vl4j.cuda.backend;

import dev.vl4j.cuda.fake.FakeCuda;
import dev.vl4j.cuda.fake.FakeDevice;
import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.BackendProvider;
import dev.vl4j.kernels.BackendReport;
import dev.vl4j.kernels.BackendSettings;
import dev.vl4j.kernels.Device;
import java.util.List;

/** Provides the backend on a fake GPU, to whoever names it, while a test has a machine for it. */
public final class FakeProvider implements BackendProvider {
  static final String NAME = "fake-cuda";

  /** Gives the machine's backends their memory and kernels. */
  private record Machine(FakeGpus gpus, FakeCuda cuda) {}

  private static volatile Machine current = new Machine(new FakeGpus(), FakeCuda.builder().build());

  public FakeProvider() {}

  /** From now on, backends are opened on this machine. */
  static void use(FakeGpus gpus, FakeCuda cuda) {
    current = new Machine(gpus, cuda);
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
    FakeDevice device = FakeDevice.HOPPER;
    return BackendReport.ready(
        NAME,
        List.of("plain Java, for tests"),
        List.of(
            new Device(0, device.name(), device.bytes()),
            new Device(1, device.name(), device.bytes())));
  }

  @Override
  public Backend open(BackendSettings settings) {
    return current.gpus.openDevice(current.cuda, settings.device());
  }
}
