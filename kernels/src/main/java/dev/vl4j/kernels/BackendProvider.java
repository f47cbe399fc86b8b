package dev.vl4j.kernels;

import java.util.Optional;

/**
 * A kind of backend, found by {@link java.util.ServiceLoader}: a public class with a public
 * constructor without parameters, which a module {@code provides} or a file {@code
 * META-INF/services/dev.vl4j.kernels.BackendProvider} names.
 *
 * <p>Providers are made anew whenever backends are listed or chosen, on any thread, so the
 * constructor, {@link #name} and {@link #rank} do nothing but answer. What a provider throws is
 * reported as its own fault and takes down no other.
 */
public interface BackendProvider {
  /**
   * What people choose the backend by: small letters, digits, {@code -} and {@code _}, a letter
   * first; not {@code auto}. Two providers of one name are an error, and neither can be opened.
   */
  String name();

  /**
   * Where the backend stands: {@code auto} takes the one of the greatest rank among those that are
   * ready. The processor has 100; what is faster has more. A backend of rank 0 or less is opened by
   * its name only.
   */
  int rank();

  /**
   * Whether the backend can run here. Finds out without starting threads, creating a context or
   * taking a device's memory, and keeps every reason.
   */
  BackendReport report();

  /**
   * Opens the backend, which the caller closes. Called only if the report says that it is ready.
   *
   * @param settings with the number of a device that the report names
   * @throws BackendException if that fails, or if the backend cannot keep to the settings
   */
  Backend open(BackendSettings settings);

  /**
   * What only some backends have, asked by its type, such as {@link InstructionSets} or {@link
   * FormatSupport}.
   *
   * @return empty if this backend has no such thing
   */
  default <T> Optional<T> capability(Class<T> type) {
    return Optional.empty();
  }
}
