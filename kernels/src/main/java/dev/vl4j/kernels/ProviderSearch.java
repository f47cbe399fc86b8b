package dev.vl4j.kernels;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.Set;

/**
 * Finds providers wherever a program may have put them: in the modules of this library's layer,
 * with this library's class loader, and with the thread's context class loader.
 */
final class ProviderSearch {
  /**
   * @param providers one of each class
   * @param failures why others could not be loaded
   */
  record Found(List<BackendProvider> providers, List<Failure> failures) {}

  /**
   * A provider that could not be loaded.
   *
   * @param name of its class, as far as that is known
   */
  record Failure(String name, String reason) {}

  private final Map<Class<?>, BackendProvider> providers = new LinkedHashMap<>();
  private final Set<Failure> failures = new LinkedHashSet<>();

  private ProviderSearch() {}

  static Found find() {
    Class<BackendProvider> service = BackendProvider.class;
    ProviderSearch search = new ProviderSearch();
    ModuleLayer layer = service.getModule().getLayer();
    if (layer != null) {
      search.collect(ServiceLoader.load(layer, service));
    }
    search.collect(ServiceLoader.load(service, service.getClassLoader()));
    ClassLoader context = Thread.currentThread().getContextClassLoader();
    if (context != null && knows(context, service)) {
      search.collect(ServiceLoader.load(service, context));
    }
    return new Found(List.copyOf(search.providers.values()), List.copyOf(search.failures));
  }

  /** Whether a loader's providers are this library's, and not those of another copy of it. */
  private static boolean knows(ClassLoader loader, Class<?> service) {
    try {
      return Class.forName(service.getName(), false, loader) == service;
    } catch (ClassNotFoundException | LinkageError | RuntimeException e) {
      return false; // also of a loader that is closed
    }
  }

  private void collect(ServiceLoader<BackendProvider> loader) {
    Iterator<ServiceLoader.Provider<BackendProvider>> each = loader.stream().iterator();
    List<String> reasons = new ArrayList<>();
    while (true) {
      try {
        if (!each.hasNext()) {
          return;
        }
        load(each.next());
      } catch (ServiceConfigurationError | LinkageError e) {
        // The iterator goes on behind a provider's fault. One of its own comes again and again.
        String reason = ProviderCall.reason(e);
        if (reasons.contains(reason)) {
          return;
        }
        reasons.add(reason);
        failures.add(new Failure("unknown", "a provider cannot be loaded: " + reason));
      }
    }
  }

  private void load(ServiceLoader.Provider<BackendProvider> found) {
    try {
      BackendProvider provider = ProviderCall.ask(found);
      providers.putIfAbsent(provider.getClass(), provider);
    } catch (BackendException e) {
      failures.add(new Failure(found.type().getName(), String.valueOf(e.getMessage())));
    }
  }
}
