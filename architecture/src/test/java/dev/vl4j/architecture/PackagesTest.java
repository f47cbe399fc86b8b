package dev.vl4j.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static dev.vl4j.architecture.CompiledModules.CLASSES;
import static dev.vl4j.architecture.CompiledModules.in;

import java.net.URL;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Dependencies between the packages of a module point one way, too. */
class PackagesTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "loader",
        "kernels",
        "testkit",
        "engine",
        "native/device",
        "native/cuda",
        "native/ascend",
        "search",
        "media/ffmpeg",
        "media/pdf",
        "adapters/spring-ai",
        "adapters/spring-boot-starter",
        "adapters/langchain4j",
        "adapters/lucene",
        "adapters/spark",
        "server",
        "bench"
      })
  void packagesFormNoCircles(String module) {
    slices()
        .assignedFrom(Circles.packagesAndTopClasses(CompiledModules.packageOf(module)))
        .should()
        .beFreeOfCycles()
        .check(CLASSES.that(in(module)));
  }

  @Test
  void classesOfTheModelFormNoCircles() {
    slices()
        .assignedFrom(Circles.classesOf("dev.vl4j.engine.model"))
        .should()
        .beFreeOfCycles()
        .check(CLASSES.that(in("engine")));
  }

  /** What emits code knows no backend, and the truth that backends are tested by knows no other. */
  @Test
  void kernels() {
    PackageArrows.check(
        "kernels",
        """
        memory      ->
        tier        -> memory
        x86         -> memory, tier
        aarch64     -> memory, tier
        cpu.family  -> x86, memory
        cpu.vector  -> cpu.family, x86, memory
        cpu.emitted -> cpu.family, cpu.vector, x86, memory, tier
        cpu.neon    -> cpu.family, cpu.vector, aarch64, memory, tier
        cpu         -> cpu.emitted, cpu.family, cpu.neon, cpu.vector, aarch64, x86, memory, tier
        packed      -> memory
        reference   ->
        """);
  }

  /** Backends are found, so that one that is added is nobody's special case. */
  @Test
  void nobodyNamesABackend() {
    String[] backends = {
      "dev.vl4j.kernels.cpu..",
      "dev.vl4j.kernels.x86..",
      "dev.vl4j.kernels.aarch64..",
      "dev.vl4j.kernels.reference.."
    };
    noClasses()
        .that(in("kernels", "engine", "search", "server"))
        .and()
        .resideOutsideOfPackages(backends)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(backends)
        .check(CLASSES);
  }

  /** Whoever calls the driver knows no tensors, and only the backend puts all together. */
  @Test
  void cuda() {
    PackageArrows.check(
        "native/cuda",
        """
        library ->
        driver  -> library
        device  -> driver, library
        kernel  -> device, driver, library
        backend -> device, driver, kernel, library
        """);
  }

  /** Whoever calls CANN knows no operators, and whoever calls operators no models. */
  @Test
  void ascend() {
    PackageArrows.check(
        "native/ascend",
        """
        library  ->
        driver   ->
        device   -> driver
        operator -> device, driver
        backend  -> device, driver, operator
        """);
  }

  /** A decoder of images knows no other, but for the JPEGs in strips of a TIFF. */
  @Test
  void engine() {
    PackageArrows.check(
        "engine",
        """
        media         ->
        limits        -> media
        prompt        -> limits
        vision.decode -> limits
        vision.bmp    -> vision.decode, limits
        vision.gif    -> vision.decode, limits
        vision.jpeg   -> vision.decode, limits
        vision.png    -> vision.decode, limits
        vision.webp   -> vision.decode, limits
        vision.tiff   -> vision.decode, vision.jpeg, limits
        vision        -> vision.bmp, vision.decode, vision.gif, vision.jpeg, vision.png, vision.tiff, vision.webp, limits, media
        batch         -> vision, limits
        model.config  -> vision
        model.weights -> model.config
        model.tower   -> model.config, model.weights, batch, vision
        model.head    -> model.config, model.weights
        model         -> model.config, model.head, model.tower, model.weights, batch, vision
        """);
  }

  /**
   * JSON knows no HTTP, HTTP knows no routes, and what fetches pictures knows nothing of either.
   */
  @Test
  void server() {
    PackageArrows.check(
        "server",
        """
        net       ->
        log       ->
        media     -> net
        api       -> media
        transport -> api, net
        batch     -> api
        vectors   ->
        http      -> api, log, media, net, transport
        cli       -> api, batch, http, log, media, net, transport, vectors
        """);
  }

  /** What fetches pictures can be judged alone. */
  @Test
  void mediaKnowNoEngine() {
    noClasses()
        .that()
        .resideInAnyPackage("dev.vl4j.server.media..", "dev.vl4j.server.net..")
        .should()
        .dependOnClassesThat(in("engine", "loader", "kernels"))
        .check(CLASSES);
  }

  /** Other clients would look up the names of hosts by themselves. */
  @Test
  void onlyMediaConnectForTheServer() {
    noClasses()
        .that(in("server"))
        .should()
        .dependOnClassesThat()
        .resideInAPackage("java.net.http..")
        .orShould()
        .callMethod(URL.class, "openStream")
        .orShould()
        .callMethod(URL.class, "openConnection")
        .check(CLASSES);
  }
}
