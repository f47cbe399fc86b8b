package dev.vl4j.architecture;

import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import org.junit.jupiter.api.Test;

/** The rules find what was planted for them: a rule that holds whatever there is proves nothing. */
class RulesTest {
  private static final String PLANTED = "dev.vl4j.architecture.planted";
  private static final JavaClasses CLASSES = new ClassFileImporter().importPackages(PLANTED);

  private static void arrows(String table) {
    PackageArrows.check(CLASSES, PLANTED, table);
  }

  @Test
  void anArrowTheWrongWay() {
    assertThatExceptionOfType(AssertionError.class)
        .isThrownBy(() -> arrows("low ->\nhigh -> low"))
        .withMessageContaining("planted.low.Low")
        .withMessageContaining("planted.high.High");
  }

  @Test
  void anArrowThatIsAllowed() {
    assertThatCode(() -> arrows("low -> high\nhigh -> low")).doesNotThrowAnyException();
  }

  @Test
  void aPackageWithoutALine() {
    assertThatExceptionOfType(AssertionError.class)
        .isThrownBy(() -> arrows("low -> high"))
        .withMessageContaining("planted.high.High");
  }

  @Test
  void aCircleOfPackages() {
    assertThatExceptionOfType(AssertionError.class)
        .isThrownBy(() ->
            slices()
                .assignedFrom(Circles.packagesAndTopClasses(PLANTED))
                .should()
                .beFreeOfCycles()
                .check(CLASSES))
        .withMessageContaining("Cycle detected");
  }

  @Test
  void aCircleOfClasses() {
    assertThatExceptionOfType(AssertionError.class)
        .isThrownBy(() ->
            slices()
                .assignedFrom(Circles.classesOf(PLANTED))
                .should()
                .beFreeOfCycles()
                .check(CLASSES))
        .withMessageContaining("Cycle detected");
  }
}
