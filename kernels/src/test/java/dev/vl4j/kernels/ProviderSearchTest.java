package dev.vl4j.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.kernels.cpu.CpuProvider;
import dev.vl4j.kernels.reference.ReferenceProvider;
import java.io.IOException;
import java.lang.module.ModuleFinder;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Enumeration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Providers on the class path and of other class loaders, some of which cannot be loaded. */
class ProviderSearchTest {
  private static final String SERVICE = "META-INF/services/" + BackendProvider.class.getName();

  /** On this test's class path, by a file of its own. */
  public static final class OnTheClassPath extends FakeProvider {
    public OnTheClassPath() {
      super("classpath", 0, BackendReport.absent("classpath", List.of("for tests")));
    }
  }

  /** Of a class loader that only a thread knows. */
  public static final class OfTheContext extends FakeProvider {
    public OfTheContext() {
      super("context", 0, BackendReport.absent("context", List.of("for tests")));
    }
  }

  /** Extends a class that is not there, for {@link LackingClassLoader}. */
  public static final class OfNoUse {
    private OfNoUse() {}
  }

  /** Cannot be made. */
  public static final class Unmakeable extends FakeProvider {
    public Unmakeable() {
      super("unmakeable", 0, BackendReport.absent("unmakeable", List.of("for tests")));
      throw new IllegalStateException("not today");
    }
  }

  /** Cannot even be initialised. */
  public static final class Uninitialised extends FakeProvider {
    static final int NUMBER = Integer.parseInt("none");

    public Uninitialised() {
      super("uninitialised", NUMBER, BackendReport.absent("uninitialised", List.of("for tests")));
    }
  }

  @TempDir private Path directory;

  private Path services(Path root, String... lines) throws IOException {
    Path file = root.resolve(SERVICE);
    Files.createDirectories(file.getParent());
    return Files.write(file, List.of(lines));
  }

  private static <T> T withContext(ClassLoader context, Callable<T> work) throws Exception {
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    thread.setContextClassLoader(context);
    try {
      return work.call();
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  private static List<Class<?>> classes(ProviderSearch.Found found) {
    return found.providers().stream().<Class<?>>map(Object::getClass).toList();
  }

  @Test
  void providersOfTheClassPathAreFoundOnce() throws Exception {
    for (ClassLoader context : new ClassLoader[] {null, getClass().getClassLoader()}) {
      ProviderSearch.Found found = withContext(context, ProviderSearch::find);
      assertThat(classes(found))
          .containsExactlyInAnyOrder(
              CpuProvider.class, ReferenceProvider.class, OnTheClassPath.class);
      assertThat(found.failures()).isEmpty();
    }
  }

  @Test
  void theContextClassLoaderIsAskedToo() throws Exception {
    Path _ = services(directory, OfTheContext.class.getName());
    try (URLClassLoader context = new URLClassLoader(new URL[] {directory.toUri().toURL()})) {
      assertThat(classes(withContext(context, ProviderSearch::find)))
          .containsExactlyInAnyOrder(
              CpuProvider.class, ReferenceProvider.class, OnTheClassPath.class, OfTheContext.class);
      assertThat(withContext(context, Backends::names)).contains("context");
    }
    assertThat(Backends.names()).doesNotContain("context").contains("classpath");
  }

  /** A plug-in's or a server's: its providers are for its own copy of the library. */
  @Test
  void providersOfAnotherCopyOfTheLibraryAreNotAsked() throws Exception {
    Path kernels =
        Path.of(BackendProvider.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    URL[] urls = {kernels.toUri().toURL()};
    try (URLClassLoader other = new URLClassLoader(urls, ClassLoader.getPlatformClassLoader())) {
      assertThat(other.loadClass(BackendProvider.class.getName()))
          .isNotSameAs(BackendProvider.class);
      assertThat(withContext(other, ProviderSearch::find).failures()).isEmpty();
    }
  }

  @Test
  void whatCannotBeLoadedIsReportedAndTakesDownNoOther() throws Exception {
    List<BackendReport> broken =
        broken(
            "no.such.Provider",
            ProviderSearchTest.class.getName(),
            OfNoUse.class.getName(),
            Unmakeable.class.getName(),
            Uninitialised.class.getName());
    assertThat(broken)
        .extracting(report -> report.name() + ": " + report.detail())
        .containsExactlyInAnyOrder(
            "unknown: a provider cannot be loaded: Provider no.such.Provider not found",
            "unknown: a provider cannot be loaded: %s not a subtype"
                .formatted(ProviderSearchTest.class.getName()),
            "unknown: a provider cannot be loaded: class dev.gpu.Driver is missing",
            "%1$s: Provider %1$s could not be instantiated: java.lang.IllegalStateException: not today"
                .formatted(Unmakeable.class.getName()),
            "%1$s: Provider %1$s could not be instantiated: java.lang.NumberFormatException: For input string: \"none\""
                .formatted(Uninitialised.class.getName()));
  }

  @Test
  void aFileThatIsNoListOfClassesIsReported() throws Exception {
    assertThat(broken("this is no name"))
        .extracting(BackendReport::detail)
        .singleElement()
        .asString()
        .contains("/broken/" + SERVICE + ":1: Illegal");
  }

  /** The reports about a file of providers, beside which all others must be found. */
  private List<BackendReport> broken(String... lines) throws Exception {
    Path broken = directory.resolve("broken");
    Path good = directory.resolve("good");
    Path _ = services(broken, lines);
    Path _ = services(good, OfTheContext.class.getName());
    URL[] urls = {broken.toUri().toURL(), good.toUri().toURL()};
    try (URLClassLoader context = new LackingClassLoader(urls)) {
      Map<Boolean, List<BackendReport>> reports =
          withContext(context, Backends::reports).stream()
              .collect(
                  Collectors.partitioningBy(
                      report -> report.status() == BackendReport.Status.BROKEN));
      assertThat(reports.get(false))
          .extracting(BackendReport::name)
          .containsExactly("cpu", "classpath", "context", "reference");
      return reports.get(true);
    }
  }

  /** Does not find what {@link OfNoUse} is made of. */
  private static final class LackingClassLoader extends URLClassLoader {
    LackingClassLoader(URL[] urls) {
      super(urls);
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      if (name.equals(OfNoUse.class.getName())) {
        throw new NoClassDefFoundError("dev/gpu/Driver");
      }
      return super.loadClass(name, resolve);
    }
  }

  /** Else the search would ask it for ever. */
  @Test
  void aClassLoaderThatCannotBeReadIsReportedOnce() throws Exception {
    ClassLoader unreadable =
        new ClassLoader(getClass().getClassLoader()) {
          @Override
          public Enumeration<URL> getResources(String name) throws IOException {
            throw new IOException("the disk is gone");
          }
        };
    ProviderSearch.Found found = withContext(unreadable, ProviderSearch::find);
    assertThat(classes(found)).contains(CpuProvider.class);
    assertThat(found.failures()).hasSize(1);
    assertThat(found.failures().getFirst().reason()).contains("the disk is gone");
  }

  /** One list is for the module path, the other for the class path. */
  @Test
  void bothListsOfProvidersAreEqual() throws Exception {
    Path classes =
        Path.of(BackendProvider.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    List<String> provided =
        ModuleFinder.of(classes)
            .find("dev.vl4j.kernels")
            .orElseThrow()
            .descriptor()
            .provides()
            .stream()
            .filter(service -> service.service().equals(BackendProvider.class.getName()))
            .flatMap(service -> service.providers().stream())
            .toList();
    assertThat(Files.readAllLines(classes.resolve(SERVICE)))
        .isNotEmpty()
        .containsExactlyInAnyOrderElementsOf(provided);
  }
}
