package dev.vl4j.architecture;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static dev.vl4j.architecture.CompiledModules.CLASSES;
import static dev.vl4j.architecture.CompiledModules.in;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.library.Architectures.LayeredArchitecture;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;

/** Dependencies between modules point one way: server to engine, engine to loader and kernels. */
class ModulesTest {
  private static final String MEDIA = "dev.vl4j.engine.media";

  /** The modules that have more than tests or generated code. */
  static final List<String> WITH_CLASSES =
      List.of(
          "loader",
          "kernels",
          "testkit",
          "engine",
          "native/device",
          "native/cuda",
          "native/ascend-cann-bindings",
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
          "hosts",
          "samples/spring-boot",
          "samples/langchain4j",
          "samples/lucene",
          "samples/spark",
          "fuzz",
          "bench");

  /** A module that is new needs a place in the rules below. */
  @Test
  void everyModuleIsKnown() {
    assertThat(CompiledModules.NAMES)
        .containsExactly(
            "bom",
            "loader",
            "kernels",
            "testkit",
            "engine",
            "native/device",
            "native/cuda",
            "native/ascend-cann-bindings",
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
            "clients",
            "hosts",
            "samples/spring-boot",
            "samples/langchain4j",
            "samples/lucene",
            "samples/spark",
            "fuzz",
            "bench",
            "architecture");
  }

  /** Rules about nothing hold, so an import that finds nothing must not pass for success. */
  @ParameterizedTest
  @FieldSource("WITH_CLASSES")
  void everyModuleIsSeen(String module) {
    assertThat(CLASSES).anyMatch(in(module));
  }

  @Test
  void modulesKnowOnlyThoseBelowThem() {
    LayeredArchitecture modules = layeredArchitecture().consideringOnlyDependenciesInLayers();
    for (String module : WITH_CLASSES) {
      modules = modules.layer(module).definedBy(in(module));
    }
    modules
        .whereLayer("loader")
        .mayNotAccessAnyLayer()
        .whereLayer("kernels")
        .mayNotAccessAnyLayer()
        .whereLayer("native/ascend-cann-bindings")
        .mayNotAccessAnyLayer()
        .whereLayer("native/ascend")
        .mayOnlyAccessLayers("native/ascend-cann-bindings", "native/device", "kernels")
        .whereLayer("testkit")
        .mayOnlyAccessLayers("kernels")
        .whereLayer("native/device")
        .mayOnlyAccessLayers("kernels")
        .whereLayer("native/cuda")
        .mayOnlyAccessLayers("native/device", "kernels")
        .whereLayer("engine")
        .mayOnlyAccessLayers("loader", "kernels")
        .whereLayer("search")
        .mayOnlyAccessLayers("engine", "loader")
        .whereLayer("media/ffmpeg")
        .mayOnlyAccessLayers("engine")
        .whereLayer("media/pdf")
        .mayOnlyAccessLayers("engine")
        .whereLayer("adapters/spring-ai")
        .mayOnlyAccessLayers("engine")
        .whereLayer("adapters/spring-boot-starter")
        .mayOnlyAccessLayers("adapters/spring-ai", "engine", "loader")
        .whereLayer("adapters/langchain4j")
        .mayOnlyAccessLayers("engine")
        .whereLayer("adapters/lucene")
        .mayOnlyAccessLayers("engine")
        .whereLayer("samples/langchain4j")
        .mayOnlyAccessLayers("adapters/langchain4j", "engine")
        .whereLayer("adapters/spark")
        .mayOnlyAccessLayers("engine", "loader")
        .whereLayer("samples/lucene")
        .mayOnlyAccessLayers("adapters/lucene", "engine")
        .whereLayer("samples/spark")
        .mayOnlyAccessLayers("adapters/spark", "engine")
        .whereLayer("samples/spring-boot")
        .mayOnlyAccessLayers("engine")
        .whereLayer("server")
        .mayOnlyAccessLayers("search", "engine", "loader", "kernels")
        .whereLayer("hosts")
        .mayOnlyAccessLayers("engine", "kernels")
        .whereLayer("fuzz")
        .mayOnlyAccessLayers("media/ffmpeg", "media/pdf", "server", "engine", "loader", "kernels")
        .whereLayer("bench")
        .mayOnlyAccessLayers("server", "search", "engine", "loader", "kernels")
        .check(CLASSES);
  }

  /** What reads media knows no more of the engine than what it implements. */
  @Test
  void mediaKnowOnlyTheirInterface() {
    noClasses()
        .that(in("media/ffmpeg", "media/pdf"))
        .should()
        .dependOnClassesThat(
            resideInAPackage("dev.vl4j.engine..").and(not(resideInAPackage(MEDIA))))
        .check(CLASSES);
  }

  /** They stand for programs of others, for whom a module's inner packages do not exist. */
  @Test
  void hostsUseThePublicApiAlone() {
    noClasses()
        .that(
            in(
                "hosts",
                "samples/spring-boot",
                "samples/langchain4j",
                "samples/lucene",
                "samples/spark"))
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "dev.vl4j.engine.*..", "dev.vl4j.kernels.*..", "dev.vl4j.loader..", "dev.vl4j.server..")
        .check(CLASSES);
  }

  /** What another framework asks for is written as a program of others would be. */
  @Test
  void adaptersUseThePublicApiAlone() {
    noClasses()
        .that(
            in(
                "adapters/spring-ai",
                "adapters/spring-boot-starter",
                "adapters/langchain4j",
                "adapters/lucene",
                "adapters/spark"))
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("dev.vl4j.engine.*..", "dev.vl4j.kernels..", "dev.vl4j.server..")
        .check(CLASSES);
  }

  /** Each of these libraries is the matter of one package, where another could take its place. */
  @ParameterizedTest
  @CsvSource({
    "jdk.incubator.vector, dev.vl4j.kernels",
    "picocli, dev.vl4j.server.cli",
    "io.prometheus, dev.vl4j.server.http",
    "org.snakeyaml.engine, dev.vl4j.server.cli",
    "org.eclipse.jetty, dev.vl4j.server.transport",
    "org.apache.hc, dev.vl4j.server.media",
    "org.apache.parquet, dev.vl4j.server.vectors",
    "org.apache.lucene, dev.vl4j.search",
    "ai.djl, dev.vl4j.engine.prompt",
    "com.luciad.imageio.webp, dev.vl4j.engine.vision.webp",
  })
  void aLibraryIsUsedInOnePlace(String library, String place) {
    noClasses()
        .that(in("loader", "kernels", "engine", "search", "server"))
        .and()
        .resideOutsideOfPackage(place + "..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage(library + "..")
        .check(CLASSES);
    // Were the library's name wrong, the rule would hold as well.
    assertThat(CLASSES)
        .anyMatch(type ->
            type.getPackageName().startsWith(place)
                && type.getDirectDependenciesFromSelf().stream()
                    .anyMatch(used -> used.getTargetClass().getName().startsWith(library)));
  }
}
