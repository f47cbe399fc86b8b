package dev.vl4j.kernels;

import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * A backend and a device that were chosen and are not open yet. Choosing and opening are apart so
 * that a backend can be chosen on the thread that asks for it, whose class loader knows the
 * providers, and opened on the thread that it computes on.
 */
public final class BackendChoice {
  private static final System.Logger LOG = System.getLogger("dev.vl4j.kernels");

  private final BackendProvider provider;
  private final String name;
  private final Device device;
  private final BackendSettings settings;
  private final boolean automatic;
  private final List<BackendReport> broken;

  /**
   * @param automatic whether {@code auto} chose it
   * @param broken backends that {@code auto} would have preferred
   */
  BackendChoice(
      BackendProvider provider,
      String name,
      Device device,
      BackendSettings settings,
      boolean automatic,
      List<BackendReport> broken) {
    this.provider = provider;
    this.name = name;
    this.device = device;
    this.settings = settings.withDevice(device.number());
    this.automatic = automatic;
    this.broken = broken;
  }

  /** The backend's name. */
  public String name() {
    return name;
  }

  /** The device that it is opened on. */
  public Device device() {
    return device;
  }

  /**
   * What only some backends have, without opening it: see {@link BackendProvider#capability}.
   *
   * @return empty if this backend has no such thing
   */
  public <T> Optional<T> capability(Class<T> type) {
    Objects.requireNonNull(type, "type");
    return ProviderCall.ask(() -> provider.capability(type));
  }

  /**
   * Opens the backend, which the caller closes. Warns of better ones that are broken, if it was
   * chosen automatically.
   *
   * @throws BackendException if it cannot be opened, with the reason; there is no second choice
   */
  public Backend open() {
    for (BackendReport report : broken) {
      LOG.log(
          System.Logger.Level.WARNING,
          "backend {0} is broken, {1} is used instead: {2}",
          report.name(),
          this,
          report.detail());
    }
    try {
      return ProviderCall.ask(() -> provider.open(settings));
    } catch (BackendException e) {
      throw new BackendException(
          "backend %s cannot be opened: %s%s"
              .formatted(
                  this,
                  e.getMessage(),
                  automatic
                      ? "; auto chose it as the best that is ready: name another to do without it"
                      : ""),
          e);
    }
  }

  /** {@code NAME:DEVICE}, which chooses the same again. */
  @Override
  public String toString() {
    return name + ":" + device.number();
  }
}
