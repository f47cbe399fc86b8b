package dev.vl4j.kernels;

import dev.vl4j.kernels.reference.ReferenceBackend;
import java.util.ArrayList;
import java.util.List;

/** A provider that says what it is told to say, and opens the reference. */
class FakeProvider implements BackendProvider {
  private final String name;
  private final int rank;
  private final BackendReport report;

  /** The settings that it was opened with. */
  final List<BackendSettings> opened = new ArrayList<>();

  FakeProvider(String name, int rank, BackendReport report) {
    this.name = name;
    this.rank = rank;
    this.report = report;
  }

  /** One that is ready, on devices of these numbers. */
  static FakeProvider ready(String name, int rank, int... devices) {
    List<Device> all = new ArrayList<>();
    for (int number : devices) {
      all.add(new Device(number, "Fake %d000".formatted(number), 1L << 30));
    }
    return new FakeProvider(name, rank, BackendReport.ready(name, List.of("fakes it"), all));
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public int rank() {
    return rank;
  }

  @Override
  public BackendReport report() {
    return report;
  }

  @Override
  public Backend open(BackendSettings settings) {
    opened.add(settings);
    return new ReferenceBackend();
  }
}
