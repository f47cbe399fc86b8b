package dev.vl4j.kernels;

import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * Whether a backend can run on this machine, and on which devices.
 *
 * @param name what {@link Backends#open} calls it
 * @param status what the backend found here
 * @param details if it is ready, what it would use, and then what it leaves out and why; else every
 *     reason why it cannot run. At least one, each a sentence on one line
 * @param devices those that it can be opened on, the one it prefers first; at least one if it is
 *     ready
 */
public record BackendReport(
    String name, Status status, List<String> details, List<Device> devices) {
  /** What a backend found. */
  public enum Status {
    /** It can be opened. */
    READY,

    /** This machine has nothing for it, such as no library of a device's vendor: no fault. */
    ABSENT,

    /** What it needs is there and cannot be used: a fault that somebody should mend. */
    BROKEN;

    /** In small letters, for people. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * @throws BackendException if there is no detail, no device where the backend is ready, or two of
   *     one number
   * @throws NullPointerException if anything is null
   */
  public BackendReport {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(status, "status");
    details = List.copyOf(Objects.requireNonNull(details, "details"));
    devices = List.copyOf(Objects.requireNonNull(devices, "devices"));
    if (details.isEmpty()) {
      throw new BackendException("report of backend %s: expected a detail".formatted(name));
    }
    if (status == Status.READY && devices.isEmpty()) {
      throw new BackendException("report of backend %s: ready without a device".formatted(name));
    }
    if (devices.stream().map(Device::number).collect(Collectors.toSet()).size() < devices.size()) {
      throw new BackendException(
          "report of backend %s: two devices of one number among %s".formatted(name, devices));
    }
  }

  /** A backend that can be opened on any of these devices. */
  public static BackendReport ready(String name, List<String> details, List<Device> devices) {
    return new BackendReport(name, Status.READY, details, devices);
  }

  /** A backend that this machine has nothing for. */
  public static BackendReport absent(String name, List<String> reasons) {
    return new BackendReport(name, Status.ABSENT, reasons, List.of());
  }

  /** A backend that should run here and cannot. */
  public static BackendReport broken(String name, List<String> reasons) {
    return new BackendReport(name, Status.BROKEN, reasons, List.of());
  }

  /** Whether it can be opened. */
  public boolean isReady() {
    return status == Status.READY;
  }

  /** All details on one line. */
  public String detail() {
    return String.join("; ", details);
  }
}
