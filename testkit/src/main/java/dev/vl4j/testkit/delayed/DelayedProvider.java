package dev.vl4j.testkit.delayed;

import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.BackendProvider;
import dev.vl4j.kernels.BackendReport;
import dev.vl4j.kernels.BackendSettings;
import dev.vl4j.kernels.Device;
import dev.vl4j.testkit.Seeds;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;

/**
 * The delayed backend by its name: {@code delayed:0} wraps {@code cpu}, {@code delayed:1} wraps
 * {@code reference}. A program uses it only if it is asked to, or if the system property {@code
 * vl4j.delayed} is true, with which {@code auto} prefers it to all others: so that tests that name
 * no backend run on it.
 */
public final class DelayedProvider implements BackendProvider {
  /** What devices wrap, by number. */
  private static final List<String> WRAPPED = List.of("cpu", "reference");

  /** For the service loader. */
  public DelayedProvider() {}

  @Override
  public String name() {
    return "delayed";
  }

  @Override
  public int rank() {
    return Boolean.getBoolean("vl4j.delayed") ? Integer.MAX_VALUE : 0;
  }

  @Override
  public BackendReport report() {
    List<Device> devices = new ArrayList<>();
    List<String> reasons = new ArrayList<>();
    for (int number = 0; number < WRAPPED.size(); number++) {
      String name = WRAPPED.get(number);
      Optional<BackendReport> report = provider(name).map(BackendProvider::report);
      if (report.isPresent() && report.get().isReady()) {
        devices.add(new Device(number, "delayed " + name, 0));
      } else {
        reasons.add(
            "without %s: %s"
                .formatted(
                    name, report.map(BackendReport::detail).orElse("there is no such backend")));
      }
    }
    if (devices.isEmpty()) {
      return BackendReport.absent(name(), reasons);
    }
    List<String> details = new ArrayList<>();
    details.add("another backend, late and strict: finds misuse, for tests");
    details.addAll(reasons);
    return BackendReport.ready(name(), details, devices);
  }

  @Override
  public Backend open(BackendSettings settings) {
    String name = WRAPPED.get(settings.device());
    BackendProvider wrapped =
        provider(name).orElseThrow(() -> new BackendException("there is no backend " + name));
    int device = wrapped.report().devices().getFirst().number();
    BackendSettings its =
        BackendSettings.DEFAULT.withThreads(settings.threads()).withDevice(device);
    return new DelayedBackend(() -> wrapped.open(its), settings.memory(), Seeds.seed());
  }

  private static Optional<BackendProvider> provider(String name) {
    return ServiceLoader.load(BackendProvider.class).stream()
        .filter(provider -> provider.type() != DelayedProvider.class)
        .map(ServiceLoader.Provider::get)
        .filter(provider -> provider.name().equals(name))
        .findFirst();
  }
}
