package dev.vl4j.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.net.URL;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Dependencies point one way: server to engine, engine to loader and kernels. */
class ArchitectureTest {
  private static final String LOADER = "dev.vl4j.loader..";
  private static final String KERNELS = "dev.vl4j.kernels..";
  private static final String ENGINE = "dev.vl4j.engine..";
  private static final String SERVER = "dev.vl4j.server..";
  private static final String MEDIA = "dev.vl4j.server.media..";

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("dev.vl4j");

  /** Rules about nothing hold, so an import that finds nothing must not pass for success. */
  @ParameterizedTest
  @ValueSource(strings = {"loader", "kernels", "engine", "server"})
  void everyModuleIsSeen(String module) {
    assertThat(CLASSES).anyMatch(type -> type.getPackageName().startsWith("dev.vl4j." + module));
  }

  @Test
  void loaderKnowsNoOtherModule() {
    noClasses()
        .that()
        .resideInAPackage(LOADER)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(KERNELS, ENGINE, SERVER)
        .check(CLASSES);
  }

  @Test
  void kernelsKnowNoOtherModule() {
    noClasses()
        .that()
        .resideInAPackage(KERNELS)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(LOADER, ENGINE, SERVER)
        .check(CLASSES);
  }

  @Test
  void engineDoesNotKnowTheServer() {
    noClasses()
        .that()
        .resideInAPackage(ENGINE)
        .should()
        .dependOnClassesThat()
        .resideInAPackage(SERVER)
        .check(CLASSES);
  }

  @Test
  void onlyKernelsUseTheVectorApi() {
    noClasses()
        .that()
        .resideOutsideOfPackage(KERNELS)
        .should()
        .dependOnClassesThat()
        .resideInAPackage("jdk.incubator.vector..")
        .check(CLASSES);
  }

  @Test
  void onlyTheServerUsesPicocli() {
    noClasses()
        .that()
        .resideOutsideOfPackage(SERVER)
        .should()
        .dependOnClassesThat()
        .resideInAPackage("picocli..")
        .check(CLASSES);
    classes()
        .that()
        .haveFullyQualifiedName("dev.vl4j.server.cli.Main")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("picocli..")
        .check(CLASSES);
  }

  /** What fetches pictures can be judged alone. */
  @Test
  void mediaKnowNothingElseOfTheServer() {
    noClasses()
        .that()
        .resideInAPackage(MEDIA)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "dev.vl4j.server.api..",
            "dev.vl4j.server.http..",
            "dev.vl4j.server.cli..",
            ENGINE,
            LOADER,
            KERNELS)
        .check(CLASSES);
  }

  /** Other clients would look up the names of hosts by themselves. */
  @Test
  void onlyMediaConnectForTheServer() {
    noClasses()
        .that()
        .resideOutsideOfPackage(MEDIA)
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.apache.hc..")
        .check(CLASSES);
    noClasses()
        .that()
        .resideInAPackage(SERVER)
        .should()
        .dependOnClassesThat()
        .resideInAPackage("java.net.http..")
        .check(CLASSES);
    noClasses()
        .that()
        .resideInAPackage(SERVER)
        .should()
        .callMethod(URL.class, "openStream")
        .orShould()
        .callMethod(URL.class, "openConnection")
        .check(CLASSES);
  }

  @Test
  void onlyTheHttpServerKnowsHttp() {
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.vl4j.server.http..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.prometheus..")
        .check(CLASSES);
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.vl4j.server.transport..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.eclipse.jetty..")
        .check(CLASSES);
    noClasses()
        .that()
        .resideInAPackage("dev.vl4j.server.transport..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("dev.vl4j.server.http..", "dev.vl4j.server.cli..")
        .check(CLASSES);
    noClasses()
        .that()
        .resideInAPackage("dev.vl4j.server.api..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "dev.vl4j.server.http..", "dev.vl4j.server.transport..", "dev.vl4j.server.cli..")
        .check(CLASSES);
    noClasses()
        .that()
        .resideInAPackage("dev.vl4j.server.http..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("dev.vl4j.server.cli..")
        .check(CLASSES);
    noClasses()
        .that()
        .resideInAPackage("dev.vl4j.server.batch..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("dev.vl4j.server.http..", "dev.vl4j.server.cli..")
        .check(CLASSES);
  }
}
