package dev.vl4j.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.source.tree.ClassTree;
import com.sun.source.tree.PackageTree;
import com.sun.source.tree.PrimitiveTypeTree;
import com.sun.source.tree.VariableTree;
import dev.vl4j.architecture.PublicSources.Declaration;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** What other programs see of the libraries is explained, and refuses null by name. */
class PublicApiTest {
  /** What programs are made with. */
  static final List<String> LIBRARIES =
      List.of(
          "loader",
          "kernels",
          "engine",
          "search",
          "adapters/spring-ai",
          "adapters/spring-boot-starter",
          "adapters/langchain4j",
          "adapters/lucene",
          "adapters/spark");

  /** These, and what backends are tested with. */
  static final List<String> EXPORTING =
      Stream.concat(LIBRARIES.stream(), Stream.of("testkit")).toList();

  @ParameterizedTest
  @FieldSource("EXPORTING")
  void everythingPublicHasAComment(String module) throws IOException {
    List<Declaration> declarations = PublicSources.of(module);
    assertThat(declarations).hasSizeGreaterThan(10);
    List<String> missing = new ArrayList<>();
    for (Declaration declaration : declarations) {
      String comment = declaration.comment();
      if ((comment == null || comment.isBlank()) && !PublicSources.overrides(declaration)) {
        missing.add(declaration.name());
      }
    }
    assertThat(missing).as("public declarations of %s without a comment", module).isEmpty();
  }

  @ParameterizedTest
  @FieldSource("EXPORTING")
  void everyPackageHasAPageWithAnExample(String module) throws IOException {
    List<Declaration> pages =
        PublicSources.of(module).stream()
            .filter(declaration -> declaration.tree() instanceof PackageTree)
            .toList();
    assertThat(pages)
        .extracting(Declaration::name)
        .containsExactlyInAnyOrderElementsOf(PublicSources.exportedPackages(module));
    assertThat(pages)
        .allSatisfy(page -> assertThat(page.comment()).as(page.name()).contains("<pre>{@code"));
  }

  @ParameterizedTest
  @FieldSource("LIBRARIES")
  void everyComponentOfARecordIsExplained(String module) throws IOException {
    List<String> missing = new ArrayList<>();
    for (Declaration declaration : PublicSources.of(module)) {
      for (VariableTree component : PublicSources.components(declaration.tree())) {
        if (!(declaration.comment() + "").contains("@param " + component.getName() + " ")) {
          missing.add(declaration.name() + "." + component.getName());
        }
      }
    }
    assertThat(missing).as("components of records of %s without a @param", module).isEmpty();
  }

  /** Numbers cannot be null, what is marked may be, and all else is refused where it is given. */
  @ParameterizedTest
  @FieldSource("LIBRARIES")
  void everyRecordRefusesNullByName(String module) throws IOException {
    List<String> missing = new ArrayList<>();
    for (Declaration declaration : PublicSources.of(module)) {
      for (VariableTree component : PublicSources.components(declaration.tree())) {
        boolean needed =
            !(component.getType() instanceof PrimitiveTypeTree)
                && !PublicSources.isNullable(component);
        ClassTree record = (ClassTree) declaration.tree();
        String name = component.getName().toString();
        if (needed
            && !record.toString().contains("requireNonNull(%s, \"%s\")".formatted(name, name))
            && !record.toString().contains("copyOf(\"%s\", %s)".formatted(name, name))) {
          missing.add(declaration.name() + "." + name);
        }
      }
    }
    assertThat(missing).as("components that take null in silence").isEmpty();
  }
}
