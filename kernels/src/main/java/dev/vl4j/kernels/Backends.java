package dev.vl4j.kernels;

import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * The backends that this program has, from this library and from any other on its path.
 *
 * <p>A backend is chosen by {@code auto}, by {@code NAME} or by {@code NAME:DEVICE}; several of its
 * devices by {@code NAME:DEVICE,DEVICE} or {@code NAME:all}. {@code auto} is the ready one of the
 * greatest {@linkplain BackendProvider#rank() rank}. A choice is never replaced: a backend that is
 * asked for by name and cannot run is an error, and so is one that says it is ready and cannot be
 * opened.
 */
public final class Backends {
  /** Chooses the best backend that is ready, on the device that it prefers. */
  public static final String AUTO = "auto";

  private Backends() {}

  private static void requireArguments(String choice, BackendSettings settings) {
    Objects.requireNonNull(choice, "choice");
    Objects.requireNonNull(settings, "settings");
  }

  private static BackendRegistry registry() {
    return new BackendRegistry(ProviderSearch.find());
  }

  /** What people can choose besides {@link #AUTO}, best first, whether it can run here or not. */
  public static List<String> names() {
    return registry().names();
  }

  /** Every backend, best first, with its devices or the reasons why it cannot run here. */
  public static List<BackendReport> reports() {
    return registry().reports();
  }

  /**
   * What only some backends have, see {@link BackendProvider#capability}.
   *
   * @return empty if there is no backend of this name, or if it has no such thing
   */
  public static <T> Optional<T> capability(String name, Class<T> type) {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(type, "type");
    return registry().capability(name, type);
  }

  /**
   * Chooses a backend, and does not open it.
   *
   * @param choice {@code auto}, {@code NAME} or {@code NAME:DEVICE}; a device goes before that of
   *     the settings
   * @throws BackendException if there is no such backend or device, or if it cannot run here, with
   *     the reasons
   */
  public static BackendChoice choose(String choice, BackendSettings settings) {
    requireArguments(choice, settings);
    return registry().choose(choice, settings);
  }

  /**
   * Chooses a backend on one or more devices, and does not open it.
   *
   * @param choice as for {@link #choose}, or {@code NAME:DEVICE,DEVICE} or {@code NAME:all}
   * @return one for each device, in the order in which they are named
   * @throws BackendException as {@link #choose}, and if a device is named twice
   */
  public static List<BackendChoice> chooseAll(String choice, BackendSettings settings) {
    requireArguments(choice, settings);
    return registry().chooseAll(choice, settings);
  }

  /**
   * Chooses a backend and opens it.
   *
   * @param choice see {@link #choose}
   * @throws BackendException if it cannot be chosen or opened, with the reasons
   */
  public static Backend open(String choice, BackendSettings settings) {
    return choose(choice, settings).open();
  }
}
