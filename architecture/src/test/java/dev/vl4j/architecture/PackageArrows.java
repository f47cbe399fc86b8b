package dev.vl4j.architecture;

import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.library.Architectures.LayeredArchitecture;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** Which package of a module may know which others. */
final class PackageArrows {
  private final String root;
  private final Map<String, List<String>> allowed = new LinkedHashMap<>();

  private PackageArrows(String root, String table) {
    this.root = root + ".";
    for (String line : table.strip().split("\n", -1)) {
      String[] sides = line.split("->", -1);
      allowed.put(
          sides[0].strip(),
          Pattern.compile("[\\w.]+")
              .matcher(sides[1])
              .results()
              .map(word -> word.group())
              .toList());
    }
  }

  /**
   * Holds a module to a table. The module's own package stands in none: it has both what all others
   * share and what puts them together.
   *
   * @param table for each package a line {@code package -> package, package}, names below the
   *     module's own; packages below one that has no line of their own belong to it
   */
  static void check(String module, String table) {
    check(
        CompiledModules.CLASSES.that(CompiledModules.in(module)),
        CompiledModules.packageOf(module),
        table);
  }

  /**
   * @param root the package that the table's names are below
   */
  static void check(JavaClasses classes, String root, String table) {
    PackageArrows arrows = new PackageArrows(root, table);
    // One that is new needs a line.
    assertThat(classes)
        .allMatch(type ->
            !type.getPackageName().startsWith(arrows.root) || arrows.layerOf(type).isPresent());
    LayeredArchitecture layers = layeredArchitecture().consideringOnlyDependenciesInLayers();
    for (String layer : arrows.allowed.keySet()) {
      layers = layers.layer(layer).definedBy(arrows.in(layer));
    }
    for (Map.Entry<String, List<String>> line : arrows.allowed.entrySet()) {
      LayeredArchitecture.LayerDependencySpecification from = layers.whereLayer(line.getKey());
      layers =
          line.getValue().isEmpty()
              ? from.mayNotAccessAnyLayer()
              : from.mayOnlyAccessLayers(line.getValue().toArray(String[]::new));
    }
    layers.check(classes);
  }

  private DescribedPredicate<JavaClass> in(String layer) {
    return DescribedPredicate.describe(
        root + layer, type -> layerOf(type).filter(layer::equals).isPresent());
  }

  /** The line with the longest name that fits. */
  private Optional<String> layerOf(JavaClass type) {
    String name = type.getPackageName() + ".";
    return allowed.keySet().stream()
        .filter(layer -> name.startsWith(root + layer + "."))
        .max(Comparator.comparingInt(String::length));
  }
}
